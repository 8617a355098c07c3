// The gradient of ratio-loss.wgsl for the logits of one layer: dz_ij = s · r_ij · (f'(r_ij) − Σ_k r_ik f'(r_ik)), zero for frozen
// sub-vectors; s = gradient · weight, both 1 × 1; f' = ∓2 on either side of ½ (0 there) with SHARP, else 1 − 2r.
//   ratios, slopes: rows × stride, N side by side; the padding of slopes is zero before.   frozen: one u32 a sub-vector, 0 for free.
// Grid: linear over rows × subs sub-vectors, one thread each.
override LANES: u32 = 64;
override N: u32 = 2;
override SHARP: bool = false;
struct Params { rows: u32, subs: u32, stride: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ratios: array<f32>;
@group(0) @binding(2) var<storage, read> frozen: array<u32>;
@group(0) @binding(3) var<storage, read> gradient: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read_write> slopes: array<f32>;

fn slope(r: f32) -> f32 {
  return select(1.0 - 2.0 * r, -2.0 * sign(2.0 * r - 1.0), SHARP);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.rows * params.subs) { return; }
  let at = (i / params.subs) * params.stride + (i % params.subs) * N;
  let scale = select(gradient[0] * weight[0], 0.0, frozen[i] > 0u);
  var mean = 0.0;
  for (var j = 0u; j < N; j++) { mean += ratios[at + j] * slope(ratios[at + j]); }
  for (var j = 0u; j < N; j++) { slopes[at + j] = scale * ratios[at + j] * (slope(ratios[at + j]) - mean); }
}
