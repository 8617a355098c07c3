// Sums of powers about a centre, and a histogram, of the finite values:  d = (x · pre − centre) · spread,  sums: threads × (Σd, Σd², Σd³, Σd⁴).
//   x: `count` values as bits;  counts[bin]: of `bins` bins of one width from `low` on; bin = ⌊(x · pre − low) · factor⌋, the last one closed.
//   pre is a power of two, so that x · pre is exact, and the bins are the same to the bit on every adapter.
//   A thread looks at every threads-th value from its own number on.
// Grid: one thread a run, linear. No workgroup memory. Counts are whole numbers, so their order does not matter.
//#include "common/index"
struct Params { count: u32, threads: u32, bins: u32, pre: f32, centre: f32, spread: f32, low: f32, factor: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let t = linear_index(group, groups, local, 64);
  if (t >= params.threads) { return; }
  var total = vec4f(0);
  for (var i = t; i < params.count; i += params.threads) {
    let bits = x[i];
    if ((bits & 0x7f800000u) == 0x7f800000u) { continue; }
    let v = bitcast<f32>(bits) * params.pre;
    let d = (v - params.centre) * params.spread;
    let square = d * d;
    total += vec4f(d, square, square * d, square * square);
    atomicAdd(&counts[min(u32((v - params.low) * params.factor), params.bins - 1u)], 1u);
  }
  for (var k = 0u; k < 4u; k++) { sums[4u * t + k] = total[k]; }
}
