// Back through L = alpha / 2 · Σ weights[r] · (y − target)²:  gy[r, c] = alpha · g · weights[r] · (y[r, c] − target[r, c]).
//   y, target, gy: `vectors` vec4 in matrices of `stride` vec4 a row, padding included, which stays zero; g: 1 × 1, ∂loss/∂L;
//   weights: 1 × rows; the override WEIGHTED = 0 takes ones, and what is then bound for them is not looked at.
// Grid: one thread a vec4, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, stride: u32, alpha: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> y: array<vec4f>;
@group(0) @binding(2) var<storage, read> wanted: array<vec4f>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read> weights: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> gy: array<vec4f>;

override WEIGHTED: u32 = 0;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.stride;
  var factor = params.alpha * g[0].x;
  if (WEIGHTED == 1u) { factor *= weights[row / 4][row % 4]; }
  gy[at] = factor * (y[at] - wanted[at]);
}
