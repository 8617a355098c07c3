// The candidate with the largest ratio of every sub-vector, the first among equals: hard codes from a mixture.
//   candidates: N a sub-vector.   ratios: rows × stride, N side by side.   codes: one a sub-vector.
// Grid: linear over rows × subs sub-vectors, one thread each.
override LANES: u32 = 64;
override N: u32 = 2;
struct Params { rows: u32, subs: u32, stride: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> candidates: array<u32>;
@group(0) @binding(2) var<storage, read> ratios: array<f32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.rows * params.subs) { return; }
  let at = (i / params.subs) * params.stride + (i % params.subs) * N;
  var best = 0u;
  for (var j = 1u; j < N; j++) { if (ratios[at + j] > ratios[at + best]) { best = j; } }
  codes[i] = candidates[i * N + best];
}
