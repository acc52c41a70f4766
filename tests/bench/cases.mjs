// What is measured, and the target of each. `load` is the command line of the synthetic sites.
// A room holds 300 sites at most: more viewers stand in several, each with a speaker of its own.
export const stage = (viewers, more = {}) => {
  const rooms = Math.ceil(viewers / 290);
  return { rooms, sites: Math.ceil(viewers / rooms) * rooms + rooms, speakers: rooms, 'video-slots': 1, 'audio-slots': 1, layer: 2, profile: 'gcm128', 'joins-per-s': 100, ...more };
};

// Rooms of meeting size: 24 take what one sends.
export const meetings = (rooms, more = {}) => ({ ...stage(24, more), rooms, sites: 25 * rooms, speakers: rooms });

const thin = { 'uplink-kbps': 4000 };

// target: a record's verdict against it; `against`: pairs with the floor and, where named, with Janus; `quick`: in the quick run too.
// A case with the load of another that was run is told from those runs, not run again: 218 viewers are 49 000 packets/s.
export const cases = [
  { bench: 'stage', load: stage(218), against: ['floor', 'janus'], pairs: 7, quick: true, target: { ratio_to_floor: 1.25, ratio_to_peer: 6 } },
  { bench: 'stage behind 4 Mbit/s', load: stage(218, thin), against: ['floor', 'janus'], pairs: 7, quick: true, target: { ratio_to_floor: 1.15, ratio_to_peer: 3 } },
  { bench: 'voices, 10 to 100', load: { rooms: 1, sites: 110, speakers: 10, 'video-slots': 0, 'audio-slots': 10, profile: 'gcm128' }, against: ['floor', 'janus'], pairs: 7, quick: true, target: { ratio_to_floor: 1.15 } },
  { bench: 'all see all, 25 at 180p', load: { rooms: 1, sites: 25, speakers: 25, 'video-slots': 24, 'audio-slots': 3, layer: 0, profile: 'gcm128' }, against: ['floor'], pairs: 7, target: { ratio_to_floor: 1.5 } },
  { bench: 'stage, CM_SHA1_80', load: stage(218, { profile: 'cm' }), against: ['floor'], pairs: 7, target: { ratio_to_floor: 1.3 } },
  { bench: 'delay, speaker behind 4 Mbit/s', load: stage(218, thin), against: ['floor'], pairs: 7, quick: true, target: { delay_p50_ms: 0.3, delay_p99_ms: 2, spread_p99_ms: 2 } },
  { bench: 'delay, frames in bursts', load: stage(218), against: ['floor'], pairs: 7, quick: true, target: { beside_floor: true } },
];

// `flat`: from where on a packet shall cost the same.
export const viewers = { full: [10, 50, 100, 218, 400, 1000], quick: [10, 218], peer: [10, 100, 218], rounds: 3, peer_rounds: 1, flat: { from: 50, ratio: 1.15 } };
