/**
 * Dawn's binding for Node asks whether the GPU is done once in every turn of the event loop, through the global setImmediate: a whole
 * core goes into asking, which a software GPU on the same machine could compute with (a run of stories260K on two cores took 18.6 s with
 * it and 11.7 s without). Here it asks at once for a millisecond, so that short waits stay short, and then once a millisecond.
 */

/** Milliseconds of a wait in which it asks at every turn. */
const EAGER_MS = 1;
/** Milliseconds without a question after which the next one begins another wait. */
const GAP_MS = 3;

/** Slows Dawn's questions down, for as long as the process lives. Call it once, before a device works. */
export function calmDawnPolling(): void {
  const immediate = globalThis.setImmediate;
  let [begun, last] = [-Infinity, -Infinity];
  const calm = (callback: (...values: unknown[]) => void, ...values: unknown[]) => {
    if (!isNative(callback)) return immediate(callback, ...values);
    const now = performance.now();
    if (now - last > GAP_MS) begun = now;
    last = now;
    return now - begun > EAGER_MS ? setTimeout(callback, 1) : immediate(callback, ...values);
  };
  globalThis.setImmediate = Object.assign(calm, { __promisify__: immediate.__promisify__ }) as typeof setImmediate;
}

/** Whether a function may be the binding's; a promise's own `resolve` may be taken for it, and then waits a millisecond longer. */
function isNative(callback: (...values: unknown[]) => void): boolean {
  return callback.name === '' && Function.prototype.toString.call(callback).includes('[native code]');
}
