/**
 * What each video slot should carry, from what the page shows. Pure.
 *
 * A share goes to the stage, where its text can be read, and the stage's face beside it; a site the viewer has pinned
 * goes before both. While nobody has the stage, v0 takes whoever is there.
 */

/**
 * @param {{slots: number, stageHeight: number, thumbHeight: number, thumbs: number, pinned: ?string, sharing: boolean,
 *   stageEmpty: boolean}} shown heights in device pixels; `thumbs`: how many thumbnails have room
 * @returns {Record<string, object>} slot -> entry of a `view`, without the slot's name
 */
export function wantedViews({ slots, stageHeight, thumbHeight, thumbs, pinned, sharing, stageEmpty }) {
  const big = { height: Math.max(stageHeight, 1), fps: 30 };
  const small = { height: Math.max(thumbHeight, 1), fps: 15 };
  const wanted = {};
  const row = [];
  if (pinned) {
    wanted.v0 = { source: pinned, ...big };
    row.push({ source: sharing ? 'screen' : 'stage' });
  } else if (sharing) {
    wanted.v0 = { source: 'screen', ...big };
    row.push({ source: 'stage' });
  } else {
    wanted.v0 = { source: stageEmpty ? 'auto' : 'stage', ...big };
  }
  for (let i = 1; i < slots; i++) {
    const entry = row[i - 1] ?? { source: 'auto' };
    wanted[`v${i}`] = i <= thumbs ? { ...entry, ...small } : { source: null };
  }
  return wanted;
}

/** The slots whose wish differs from what was last sent, as a `view` wants them. */
export function changedViews(sent, wanted) {
  return Object.entries(wanted)
    .filter(([slot, entry]) => JSON.stringify(sent[slot]) !== JSON.stringify(entry))
    .map(([slot, entry]) => ({ slot, ...entry }));
}

/** Heights move in steps, so that a window being dragged does not ask anew at each pixel. */
export function stepped(height) {
  return Math.max(60, Math.round(height / 20) * 20);
}
