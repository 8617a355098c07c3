// VQ4DiT's first logits from candidate distances: z_j = log(δ_n / (δ_j + 1e-5)) for j < n and z_n = 0, so that ratios go as 1 / δ_j.
// Among distances that are all below 1e-5 (of tiny weights) a thousandth of δ_n stands for it, so that ratios go the same way at any size.
//   distances, logits: rows × stride, n candidates side by side.   Grid: linear over the entries of logits, padding included.
override LANES: u32 = 64;
struct Params { rows: u32, cols: u32, stride: u32, n: u32, count: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> distances: array<f32>;
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.count) { return; }
  let column = i % params.stride;
  let j = column % params.n;
  var value = 0.0;
  if (i / params.stride < params.rows && column < params.cols && j + 1u < params.n) {
    // A last candidate at distance 0 (all are: equal codewords) would give −∞.
    let farthest = distances[i - j + params.n - 1u];
    let eps = select(1e-5, 1e-3 * farthest, farthest > 0.0 && farthest < 1e-5);
    value = log(max(farthest, eps) / (distances[i] + eps));
  }
  logits[i] = value;
}
