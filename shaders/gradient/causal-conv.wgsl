// Depthwise convolution along the tokens of each window, causal. Entry points:
//   along:   y[r, c] = bias[c] + Σ_k weight[k, c] · x[r − back, c], back = width − 1 − k, as far as the window goes;
//            with `ahead`, x[r + back, c]: the gradient of x from that of y. Without `biased`, the bias is not looked at.
//   weights: y[p, k·stride + c] = Σ g[r, c] · x[r − back, c] over the rows p·panel … p·panel + panel − 1; g is bound as `weight`.
//   x, g: tokens × channels; weight: width × channels; bias: 1 × channels; y: tokens × channels, or ⌈tokens / panel⌉ rows of width
//   times its stride. Strides count vec4. Grid: one thread a vec4 of y (along: with its padded rows), folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, length: u32, width: u32, ahead: u32, biased: u32, panel: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn along(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let lane = at % params.stride;
  let row = at / params.stride;
  let t = row % params.length;
  var sum = vec4f(0);
  if (row < params.rows) {
    if (params.biased == 1) { sum = bias[lane]; }
    // How many neighbours there are on the side that is looked at.
    let reach = min(params.width - 1, select(t, params.length - 1 - t, params.ahead == 1));
    for (var back = 0u; back <= reach; back++) {
      let source = select(at - back * params.stride, at + back * params.stride, params.ahead == 1);
      sum += weight[(params.width - 1 - back) * params.stride + lane] * x[source];
    }
  }
  y[at] = sum;
}

@compute @workgroup_size(64)
fn weights(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let lane = at % params.stride;
  let back = params.width - 1 - at / params.stride % params.width;
  let first = at / params.stride / params.width * params.panel;
  var sum = vec4f(0);
  for (var row = first; row < min(first + params.panel, params.rows); row++) {
    if (row % params.length >= back) { sum += weight[row * params.stride + lane] * x[(row - back) * params.stride + lane]; }
  }
  y[at] = sum;
}
