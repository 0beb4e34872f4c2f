/* The lock screen, by the Media Session API: https://www.w3.org/TR/mediasession/
 *
 * Once handlers are set, WebKit's own seeking is gone unless “seekto” is set too and the position is told
 * (zzstoatzz/plyr.fm#1865). It has room for two buttons beside “play”, and gives it to “seekbackward” and “seekforward”
 * unless they are refused; and it forgets all handlers as a sound begins (both: mralexsaavedra/spotiarr#231). */

export const lockScreen = (player) => {
  const media = navigator.mediaSession;
  const nothing = () => {};
  if (!media) return { register: nothing, tellPart: nothing, tellTime: nothing, tellState: nothing };
  const handlers = {
    play: () => player.play(),
    pause: () => player.audio.pause(),
    previoustrack: () => player.skip(-1),
    nexttrack: () => player.skip(1),
    seekto: ({ seekTime }) => player.seek(seekTime * 1000),
    seekbackward: null,
    seekforward: null,
  };
  const register = () => {
    for (const [action, handler] of Object.entries(handlers)) {
      try {
        media.setActionHandler(action, handler && ((details) => player.session && handler(details)));
      } catch {
        /* this browser does not know the action */
      }
    }
  };
  register();
  const tellTime = () => {
    const { session, audio } = player;
    if (!session || !media.setPositionState) return;
    const duration = session.length_ms / 1000;
    const position = Math.min(player.ms / 1000, duration);
    media.setPositionState({ duration, position, playbackRate: audio.playbackRate || 1 });
  };
  return {
    register,
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
