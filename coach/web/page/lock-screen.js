/* The lock screen, by the Media Session API: https://www.w3.org/TR/mediasession/
 *
 * Once handlers are set, native seeking is gone unless “seekto” is set too and the position is told
 * (zzstoatzz/plyr.fm#1865). “seekbackward” and “seekforward” are left unset: iOS would show them in place of next and
 * previous (https://bugs.webkit.org, and plyr.fm as above). */

export const lockScreen = (player) => {
  const media = navigator.mediaSession;
  const nothing = () => {};
  if (!media) return { tellPart: nothing, tellTime: nothing, tellState: nothing };
  const handlers = {
    play: () => player.play(),
    pause: () => player.audio.pause(),
    previoustrack: () => player.skip(-1),
    nexttrack: () => player.skip(1),
    seekto: ({ seekTime }) => player.seek(seekTime * 1000),
  };
  for (const [action, handler] of Object.entries(handlers)) {
    try {
      media.setActionHandler(action, (details) => player.session && handler(details));
    } catch {
      /* this browser does not know the action */
    }
  }
  const tellTime = () => {
    const { session, audio } = player;
    if (!session || !media.setPositionState) return;
    const duration = session.length_ms / 1000;
    const position = Math.min(player.ms / 1000, duration);
    media.setPositionState({ duration, position, playbackRate: audio.playbackRate || 1 });
  };
  return {
    tellTime,
    tellState: () => {
      media.playbackState = player.audio.paused ? "paused" : "playing";
      tellTime();
    },
    tellPart: () => {
      const { session } = player;
      const title = session.chapters[player.part]?.[2] ?? session.title;
      const artwork = [192, 512].map((side) => ({
        src: new URL(`icon-${side}.png`, import.meta.url).href, sizes: `${side}x${side}`, type: "image/png",
      }));
      media.metadata = new MediaMetadata({ title, artist: session.title, album: "Stretch Coach", artwork });
      tellTime();
    },
  };
};
