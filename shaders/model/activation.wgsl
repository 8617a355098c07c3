// Activations, element by element. Entry points: gelu_tanh, gelu_erf, relu, silu, which map 0 to 0, so that padding stays zero;
// softplus and exponential, which do not and write it.
//   x, y: rows × cols in `vectors` vec4, padding included; stride counts vec4. Grid: one thread a vec4, folded in y.
// No workgroup memory.
// GELU: Hendrycks and Gimpel 2016, arXiv 1606.08415; erf: Abramowitz and Stegun 7.1.26, within 1.5e-7.
//#include "common/index"
//#include "common/finite"
struct Params { vectors: u32, rows: u32, cols: u32, stride: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

fn index(group: vec3u, groups: vec3u, local: u32) -> u32 { return linear_index(group, groups, local, 64); }

@compute @workgroup_size(64)
fn gelu_tanh(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = index(group, groups, local);
  if (at >= params.vectors) { return; }
  let v = x[at];
  // Clamped, because some drivers build tanh from exp and overflow; tanh(10) is 1 in f32.
  let inner = clamp(0.7978845608028654 * (v + 0.044715 * v * v * v), vec4f(-10), vec4f(10));
  y[at] = keeping(v, 0.5 * v * (1 + tanh(inner)));
}

@compute @workgroup_size(64)
fn gelu_erf(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = index(group, groups, local);
  if (at >= params.vectors) { return; }
  let v = x[at];
  let z = min(abs(v) * 0.7071067811865476, vec4f(6)); // erfc(6) is below the smallest step of f32 around 1
  let t = 1 / (1 + 0.3275911 * z);
  let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let tail = series * exp(-z * z); // erfc(z)
  y[at] = 0.5 * v * select(tail, 2 - tail, v >= vec4f(0));
}

@compute @workgroup_size(64)
fn relu(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = index(group, groups, local);
  if (at < params.vectors) { y[at] = keeping(x[at], max(x[at], vec4f(0))); }
}

@compute @workgroup_size(64)
fn silu(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = index(group, groups, local);
  if (at >= params.vectors) { return; }
  let v = x[at];
  let e = exp(-abs(v)); // never overflows
  y[at] = v * select(e, vec4f(1), v >= vec4f(0)) / (1 + e);
}

// `value` where vec4 number `at` is inside the matrix, zero in its padding.
fn without_padding(at: u32, value: vec4f) -> vec4f {
  let columns = vec4u(4 * (at % params.stride)) + vec4u(0, 1, 2, 3);
  let end = select(0u, params.cols, at / params.stride < params.rows);
  return select(vec4f(0), value, columns < vec4u(end));
}

@compute @workgroup_size(64)
fn softplus(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = index(group, groups, local);
  if (at >= params.vectors) { return; }
  y[at] = without_padding(at, keeping(x[at], max(x[at], vec4f(0)) + log(1 + exp(-abs(x[at])))));
}

@compute @workgroup_size(64)
fn exponential(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = index(group, groups, local);
  if (at < params.vectors) { y[at] = without_padding(at, exp(x[at])); }
}
