// The spectrum of some channels of each row, and back: those that a row of `marks` marks with 1, `chosen` of each window of `pitch` rows, in
// their order. Bins 0 … chosen / 2, real and imaginary parts in turn: F_f = Σ_p x_p·exp(−2πi·f·p / chosen).
//   forward: x rows × dim → y rows × (2·bins)      back: x (spectrum) and `others` rows × dim → y rows × dim, others where a channel is not marked
//   marks: windows × dim; roots: exp(−2πi·n / chosen) for n < chosen, in turn: WGSL's own sines are good for three digits. Rows past a window's length become zero. Strides count floats.
// Grid: one thread a bin, or a channel, of a row, linear. No workgroup memory.
//#include "common/index"
struct Params { rows: u32, dim: u32, chosen: u32, bins: u32, length: u32, pitch: u32, x_stride: u32, y_stride: u32, mark_stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> others: array<f32>;
@group(0) @binding(3) var<storage, read> marks: array<f32>;
@group(0) @binding(4) var<storage, read> roots: array<vec2f>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

fn is_marked(row: u32, c: u32) -> bool { return marks[row / params.pitch * params.mark_stride + c] == 1.0; }

fn root(f: u32, p: u32) -> vec2f { return roots[f * p % params.chosen]; }

@compute @workgroup_size(64)
fn forward(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let row = i / params.bins;
  let f = i % params.bins;
  if (row >= params.rows) { return; }
  var sum = vec2f(0);
  if (row % params.pitch < params.length) {
    var p = 0u;
    for (var c = 0u; c < params.dim; c++) {
      if (!is_marked(row, c)) { continue; }
      sum += x[row * params.x_stride + c] * root(f, p);
      p++;
    }
  }
  y[row * params.y_stride + 2u * f] = sum.x;
  y[row * params.y_stride + 2u * f + 1u] = sum.y;
}

@compute @workgroup_size(64)
fn back(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  let row = i / params.dim;
  let c = i % params.dim;
  if (row >= params.rows || row % params.pitch >= params.length) { return; }
  if (!is_marked(row, c)) {
    y[row * params.y_stride + c] = others[row * params.y_stride + c];
    return;
  }
  var p = 0u;
  for (var before = 0u; before < c; before++) { p += select(0u, 1u, is_marked(row, before)); }
  var sum = 0.0;
  for (var f = 0u; f < params.bins; f++) {
    let part = vec2f(x[row * params.x_stride + 2u * f], x[row * params.x_stride + 2u * f + 1u]);
    // Bins between stand for themselves and for their mirror images.
    let once = f == 0u || 2u * f == params.chosen;
    sum += select(2.0, 1.0, once) * dot(part, root(f, p));
  }
  y[row * params.y_stride + c] = sum / f32(params.chosen);
}
