// What is measured, and the target of each. `load` is the command line of the synthetic sites.
const stage = (viewers, more = {}) => ({ rooms: 1, sites: viewers + 1, speakers: 1, 'video-slots': 1, 'audio-slots': 1, layer: 2, profile: 'gcm128', ...more });

// target: a record's verdict against it; `pairs` with the floor and, where named, with Janus.
export const cases = [
  { bench: 'stage', load: stage(218), against: ['floor', 'janus'], target: { ratio_to_floor: 1.25, ratio_to_peer: 6 } },
  { bench: 'stage behind 4 Mbit/s', load: stage(218, { 'uplink-kbps': 4000 }), against: ['floor', 'janus'], target: { ratio_to_floor: 1.15, ratio_to_peer: 3 } },
  { bench: 'voices, 10 to 100', load: { rooms: 1, sites: 110, speakers: 10, 'video-slots': 0, 'audio-slots': 10, profile: 'gcm128' }, against: ['floor', 'janus'], target: { ratio_to_floor: 1.15 } },
  { bench: 'all see all, 25 at 180p', load: { rooms: 1, sites: 25, speakers: 25, 'video-slots': 24, 'audio-slots': 3, layer: 0, profile: 'gcm128' }, against: ['floor'], target: { ratio_to_floor: 1.5 } },
  { bench: 'stage, CM_SHA1_80', load: stage(218, { profile: 'cm' }), against: ['floor'], target: { ratio_to_floor: 1.3 } },
];

// 12 rooms of 20 and one of 218 at once: the load spreads `sites` evenly, so the big one is a load of its own beside.
export const rooms = { bench: '12 rooms of 20', load: { rooms: 12, sites: 240, speakers: 12, 'video-slots': 1, 'audio-slots': 1, layer: 2, profile: 'gcm128' } };
export const viewers = { full: [10, 50, 100, 218, 400, 700, 1000], quick: [10, 218], load: stage };
export const joining = { bench: '218 join in 10 s', load: { ...stage(218), 'joins-per-s': 22 } };
