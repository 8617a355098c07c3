// Back through an activation (model/activation.wgsl): gx = g · f′(x), element by element.
//   x, g, gx: `vectors` vec4, padding included: g's is zero and f′(0) finite, so gx's is zero.
// f is chosen by the override KIND:  0: gelu_tanh  1: gelu_erf  2: relu (0 at 0)  3: silu  4: softplus  5: exp.
// Grid: one thread a vec4, folded in y. No workgroup memory.
//#include "common/index"
//#include "common/finite"
//#include "gradient/sigmoid"
struct Params { vectors: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> g: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gx: array<vec4f>;

override KIND: u32 = 0;

fn gelu_tanh(v: vec4f) -> vec4f {
  // Past 10, tanh is 1 in f32 and its slope 0: without the clamp the slope's rounding error would grow with v³.
  let near = clamp(v, vec4f(-10), vec4f(10));
  let t = tanh(clamp(0.7978845608028654 * (near + 0.044715 * near * near * near), vec4f(-10), vec4f(10)));
  return 0.5 * (1 + t) + 0.5 * near * (1 - t * t) * 0.7978845608028654 * (1 + 0.134145 * near * near);
}

// Φ(v) + v·φ(v).
fn gelu_erf(v: vec4f) -> vec4f {
  let z = min(abs(v) * 0.7071067811865476, vec4f(6));
  let t = 1 / (1 + 0.3275911 * z);
  let series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  let bell = exp(-z * z);
  let tail = series * bell; // erfc(z)
  return 0.5 * select(tail, 2 - tail, v >= vec4f(0)) + 0.3989422804014327 * v * bell;
}

fn slope(v: vec4f) -> vec4f {
  switch KIND {
    case 0u: { return gelu_tanh(v); }
    case 1u: { return gelu_erf(v); }
    case 2u: { return select(vec4f(0), vec4f(1), v > vec4f(0)); }
    case 3u: {
      let s = sigmoid(v);
      return s.value * (1 + v * s.rest);
    }
    case 4u: { return sigmoid(v).value; }
    default: { return exp(v); }
  }
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at < params.vectors) { gx[at] = g[at] * keeping(x[at], slope(x[at])); }
}
