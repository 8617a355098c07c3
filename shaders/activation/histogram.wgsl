// Counts values into `bins` bins of one width from `low` on:  counts: bins + 3 u32, then how many lie below, above, and are no finite number.
//   x: rows × cols. stride counts vec4. A value on an edge counts above it; `high` itself in the last bin.
// Grid: one thread a vec4, linear. No workgroup memory. Counts are whole numbers, so their order does not matter.
//#include "common/index"
//#include "common/finite"
struct Params { vectors: u32, rows: u32, cols: u32, stride: u32, bins: u32, low: f32, high: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> counts: array<atomic<u32>>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.vectors || i / params.stride >= params.rows) { return; }
  let value = x[i];
  for (var j = 0u; j < 4u; j++) {
    if (4u * (i % params.stride) + j >= params.cols) { break; }
    let v = value[j];
    var bin = params.bins + 2u;
    if (!is_broken(v)) {
      if (v < params.low) { bin = params.bins; }
      else if (v > params.high) { bin = params.bins + 1u; }
      else { bin = min(u32((v - params.low) / (params.high - params.low) * f32(params.bins)), params.bins - 1u); }
    }
    atomicAdd(&counts[bin], 1u);
  }
}
