"""What has been practised."""
