// What the codebook column loop needs of the factor U at its diagonal, a d × d block a sub-column s in rows of 8 floats, zero elsewhere:
//   rows 8s …            the metric that codewords are chosen by, |(v − c) A|²: METRIC 0: A = I, 1: diag(U_jj^−½), 2: U_PP⁻¹
//   rows 8(subs + s) …   what turns a sub-vector's error into the coefficients of U's rows, E_P = (w − q) B:
//                        CARRY 0: B = diag(1 / U_jj), 1: U_PP⁻¹ (the exact update of several columns at once)
// P = s·D … s·D + d − 1, d ≤ D where the last sub-column is short.   u: cols × u_stride.   blocks: (16 · subs) × 8 floats.
// Grid: linear over subs, one thread each; blocks is zero before.
override D: u32 = 4;
override LANES: u32 = 64;
override METRIC: u32 = 0;
override CARRY: u32 = 0;
struct Params { cols: u32, subs: u32, u_stride: u32, first_group: u32, past_group: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> u: array<f32>;
@group(0) @binding(2) var<storage, read_write> blocks: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let s = g * LANES + lane;
  if (g >= params.past_group || s >= params.subs) { return; }
  let first = s * D;
  let count = min(D, params.cols - first);
  for (var i = 0u; i < count; i++) {
    let metric = (8u * s + i) * 8u;
    let carry = (8u * (params.subs + s) + i) * 8u;
    // Row i of U_PP⁻¹: x_i = 1 / U_ii, x_j = −(Σ_{i ≤ k < j} x_k U_kj) / U_jj.
    var x: array<f32, 8>;
    for (var j = i; j < count; j++) {
      var sum = select(0.0, 1.0, j == i);
      for (var k = i; k < j; k++) { sum -= x[k] * u[(first + k) * params.u_stride + first + j]; }
      x[j] = sum / u[(first + j) * params.u_stride + first + j];
      if (METRIC == 2u) { blocks[metric + j] = x[j]; }
      if (CARRY == 1u) { blocks[carry + j] = x[j]; }
    }
    if (METRIC == 0u) { blocks[metric + i] = 1.0; }
    if (METRIC == 1u) { blocks[metric + i] = sqrt(x[i]); }
    if (CARRY == 0u) { blocks[carry + i] = x[i]; }
  }
}
