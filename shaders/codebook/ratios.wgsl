// Mixture ratios of every sub-vector's N candidates: softmax of its logits, or one for the candidate it is frozen at.
//   logits, ratios: rows × stride, N side by side.   frozen: one u32 a sub-vector, 0 for free, 1 + j for frozen at candidate j (read
//   only with FREEZING).   Grid: linear over rows × subs sub-vectors, one thread each; the padding of ratios is zero before.
override LANES: u32 = 64;
override N: u32 = 2;
override FREEZING: bool = false;
struct Params { rows: u32, subs: u32, stride: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> frozen: array<u32>;
@group(0) @binding(3) var<storage, read_write> ratios: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.rows * params.subs) { return; }
  let at = (i / params.subs) * params.stride + (i % params.subs) * N;
  var chosen = 0u;
  if (FREEZING) { chosen = frozen[i]; }
  if (chosen > 0u) {
    for (var j = 0u; j < N; j++) { ratios[at + j] = select(0.0, 1.0, j + 1u == chosen); }
    return;
  }
  var largest = logits[at];
  for (var j = 1u; j < N; j++) { largest = max(largest, logits[at + j]); }
  var sum = 0.0;
  for (var j = 0u; j < N; j++) { sum += exp(logits[at + j] - largest); }
  for (var j = 0u; j < N; j++) { ratios[at + j] = exp(logits[at + j] - largest) / sum; }
}
