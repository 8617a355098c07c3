// What a run of values holds, six words a thread: how many are NaN, infinite and zero, the least and the greatest finite one, and the sum of the
// finite ones times 2^-10 (256 of the largest floats do not overflow).
//   x: `count` values as bits;  facts: threads × 6. A thread looks at every threads-th value from its own number on.
//   Least and greatest are in the order of the integers: sign bit flipped, negative ones inverted; 0xffffffff and 0 where there is none.
// Grid: one thread a run, linear. No workgroup memory.
//#include "common/index"
struct Params { count: u32, threads: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> facts: array<u32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let t = linear_index(group, groups, local, 64);
  if (t >= params.threads) { return; }
  var nan = 0u;
  var infinite = 0u;
  var zeros = 0u;
  var least = 0xffffffffu;
  var greatest = 0u;
  var sum = 0.0;
  for (var i = t; i < params.count; i += params.threads) {
    let bits = x[i];
    let magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) { nan++; }
    else if (magnitude == 0x7f800000u) { infinite++; }
    else {
      if (magnitude == 0u) { zeros++; }
      let ordered = select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
      least = min(least, ordered);
      greatest = max(greatest, ordered);
      sum += bitcast<f32>(bits) * 0.0009765625;
    }
  }
  let at = 6u * t;
  facts[at] = nan;
  facts[at + 1u] = infinite;
  facts[at + 2u] = zeros;
  facts[at + 3u] = least;
  facts[at + 4u] = greatest;
  facts[at + 5u] = bitcast<u32>(sum);
}
