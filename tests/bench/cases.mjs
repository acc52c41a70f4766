// What is measured, and the target of each. `load` is the command line of the synthetic sites.
// A room holds 300 sites at most: more viewers stand in several, each with a speaker of its own.
export const stage = (viewers, more = {}) => {
  const rooms = Math.ceil(viewers / 290);
  return { rooms, sites: Math.ceil(viewers / rooms) * rooms + rooms, speakers: rooms, 'video-slots': 1, 'audio-slots': 1, layer: 2, profile: 'gcm128', 'joins-per-s': 100, ...more };
};

// target: a record's verdict against it; `pairs` with the floor and, where named, with Janus.
export const cases = [
  { bench: 'stage', load: stage(218), against: ['floor', 'janus'], target: { ratio_to_floor: 1.25, ratio_to_peer: 6 } },
  { bench: 'stage behind 4 Mbit/s', load: stage(218, { 'uplink-kbps': 4000 }), against: ['floor', 'janus'], target: { ratio_to_floor: 1.15, ratio_to_peer: 3 } },
  { bench: 'voices, 10 to 100', load: { rooms: 1, sites: 110, speakers: 10, 'video-slots': 0, 'audio-slots': 10, profile: 'gcm128' }, against: ['floor', 'janus'], target: { ratio_to_floor: 1.15 } },
  { bench: 'all see all, 25 at 180p', load: { rooms: 1, sites: 25, speakers: 25, 'video-slots': 24, 'audio-slots': 3, layer: 0, profile: 'gcm128' }, against: ['floor'], target: { ratio_to_floor: 1.5 } },
  { bench: 'stage, CM_SHA1_80', load: stage(218, { profile: 'cm' }), against: ['floor'], target: { ratio_to_floor: 1.3 } },
  { bench: 'delay at 50 000 packets/s', load: stage(290), against: ['floor'], target: { delay_p50_ms: 0.3, delay_p99_ms: 2 } },
];

export const viewers = { full: [10, 50, 100, 218, 400, 1000], quick: [10, 218], peer: [10, 100, 218] };
