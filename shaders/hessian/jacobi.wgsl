// What a Hessian is damped and scaled by, from its diagonal: λ = damping · mean(diag), and the Jacobi scale s, the power of two next to
// (diag + λ)^−½, so that s² (diag + λ) lies in [½, 2). Powers of two scale without rounding, and are the same on every adapter, which
// square roots and quotients are not. Where diag + λ is not positive s is 1: such an entry stays as it is and is then caught as a pivot.
//   diag: 1 × cols;  out: 2 × cols, s in the first row and λ in all of the second; strides in vec4.
// Grid: (1) workgroup of WG threads. Workgroup memory: 4·WG bytes, one barrier.
struct Params {
  cols: u32,
  stride: u32,
  damping: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> diag: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

override WG: u32 = 64;
var<workgroup> sums: array<f32, WG>;

// 2^−⌊(e + 1) / 2⌋ with e the exponent of x > 0; the smallest normal number stands for those below it.
fn power_scale(x: f32) -> f32 {
  let exponent = i32((bitcast<u32>(max(x, 1.1754944e-38)) >> 23) & 0xff) - 127;
  return bitcast<f32>(u32(127 - ((exponent + 1) >> 1)) << 23);
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) lane: u32) {
  var own = vec4f(0);
  for (var i = lane; i < params.stride; i += WG) { own += diag[i]; }
  sums[lane] = (own.x + own.y) + (own.z + own.w);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < WG; i++) { sum += sums[i]; }
  let lambda = vec4f(params.damping * (sum / f32(params.cols)));
  // All eight rows of the padded tensor.
  for (var i = lane; i < 8 * params.stride; i += WG) {
    let row = i / params.stride;
    let at = i % params.stride;
    let present = (vec4u(4 * at) + vec4u(0, 1, 2, 3)) < vec4u(params.cols);
    var value = vec4f(0);
    if (row == 0) {
      let damped = diag[at] + lambda;
      let scale = vec4f(power_scale(damped.x), power_scale(damped.y), power_scale(damped.z), power_scale(damped.w));
      value = select(vec4f(1), scale, damped > vec4f(0));
    } else if (row == 1) {
      value = lambda;
    }
    out[i] = select(vec4f(0), value, present);
  }
}
