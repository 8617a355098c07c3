// Straight-through gradients of sign-split weights W = c[a] · sign(L): to_latent = g · c[a], to_words = g · sign(L), rows × stride with
// zero padding. The codebook's gradient is the sum of to_words by code.
//   gradient: g = dL/dW, and latent: L, rows × stride.   decoded: c[a] without signs, rows × stride.   sign(0) = 1.
// Grid: linear over `count` floats of the padded matrices.
override LANES: u32 = 64;
struct Params { count: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> latent: array<f32>;
@group(0) @binding(3) var<storage, read> decoded: array<f32>;
@group(0) @binding(4) var<storage, read_write> to_latent: array<f32>;
@group(0) @binding(5) var<storage, read_write> to_words: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.count) { return; }
  to_latent[i] = gradient[i] * decoded[i];
  to_words[i] = select(gradient[i], -gradient[i], latent[i] < 0.0);
}
