// Freezes the sub-vectors one of whose ratios has passed a threshold, at that candidate; what is frozen stays.
//   ratios: rows × stride, N side by side.   frozen: one u32 a sub-vector, in place: 0 for free, 1 + j for frozen at candidate j.
// Grid: linear over rows × subs sub-vectors, one thread each.
override LANES: u32 = 64;
override N: u32 = 2;
struct Params { rows: u32, subs: u32, stride: u32, threshold: f32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ratios: array<f32>;
@group(0) @binding(2) var<storage, read_write> frozen: array<u32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.rows * params.subs || frozen[i] > 0u) { return; }
  let at = (i / params.subs) * params.stride + (i % params.subs) * N;
  var best = 0u;
  for (var j = 1u; j < N; j++) { if (ratios[at + j] > ratios[at + best]) { best = j; } }
  if (ratios[at + best] > params.threshold) { frozen[i] = 1u + best; }
}
