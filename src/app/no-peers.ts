/**
 * Peer connections ask servers over UDP, which no directive of a security policy covers in today's browsers: `webrtc` is specified (CSP 3), and
 * Chromium does not know it. The studio needs none, so it gives them up, first of all that runs. What is no part of the studio cannot run in the
 * page in the first place (script-src); this keeps libraries from it. To be deleted once the policy can say so.
 */
for (const name of ['RTCPeerConnection', 'webkitRTCPeerConnection']) {
  if (name in globalThis) {
    Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
  }
}
