/** SDP on its way: deflate-raw and base64 where the browser has it (an offer of 27 KB becomes 2–4 KB), plain where not. */
const able = (() => {
  try {
    new CompressionStream('deflate-raw');
    new DecompressionStream('deflate-raw');
    return true;
  } catch {
    return false;
  }
})();

async function through(bytes, stream) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** @param {string} sdp @returns {Promise<{sdp: string} | {sdpz: string}>} fields of an `offer` */
export async function packSdp(sdp) {
  if (!able) return { sdp };
  const packed = await through(new TextEncoder().encode(sdp), new CompressionStream('deflate-raw'));
  let text = '';
  for (const byte of packed) text += String.fromCharCode(byte);
  return { sdpz: btoa(text) };
}

/** @param {{sdp?: string, sdpz?: string}} answer @returns {Promise<string>} */
export async function unpackSdp(answer) {
  if (typeof answer.sdp === 'string') return answer.sdp;
  const packed = Uint8Array.from(atob(answer.sdpz), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(await through(packed, new DecompressionStream('deflate-raw')));
}
