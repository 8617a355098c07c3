// One block of the compensation loop: walks columns first … first + count − 1, one thread a row, with no barrier (rows never meet).
// GPTQ, GPTAQ, GPTQ+R and GPTAQ+R are one update with two coefficients a column (arXiv:2504.02692, 2604.07955; ARCHITECTURE.md, "The column loop"):
//   a = ((w − q) + α2 (w0 − w)) / U_cc,   b = α w + α2 (w0 − w),   W[:, j] −= a · U[c, j] − b · P[c, j]  for j > c.
// The walk is left-looking: column c first takes the updates of the block's earlier columns, in order, each as two fma; propagate.wgsl
// does the same beyond the block in the same order, so a result without clamping does not depend on the block size, to the bit.
// Afterwards the coefficients are rewritten for the columns beyond the block with Z in place of w, as the released codes do:
//   Z = w ('current'), q ('quantized': GPTAQ, and ResComp at 2 bits), or w clamped to the last group's range ('clamped': ResComp).
//
//   weights: cols × rows, working order; on return column c holds w as it was when it was rounded.   original: cols × rows (w0).
//   u, p: cols × cols upper factors (p is read only with HAS_P, original only with HAS_ORIGINAL).   codes: cols × rows.
//   history: (2·count) × rows, a in rows 0 … count − 1 and b in rows count … 2·count − 1.   grid, group_of: quantizer/affine.wgsl.
// Grid: ceil((past_row − first_row) / LANES) workgroups; no workgroup memory.
//#include "quantizer/affine"
override LANES: u32 = 64;
override HAS_P: bool = false;
override HAS_ORIGINAL: bool = false;
struct Params {
  first_row: u32, past_row: u32, stride: u32,
  first: u32, count: u32,
  u_stride: u32,
  u_above: u32,      // rows of u and p above the first one that is bound
  groups: u32, grid_stride: u32,
  z: u32,            // 0 current, 1 quantized, 2 clamped
  top: f32,          // 2^bits − 1
  alpha: f32, alpha2: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read> original: array<f32>;
@group(0) @binding(3) var<storage, read> u: array<f32>;
@group(0) @binding(4) var<storage, read> p: array<f32>;
@group(0) @binding(5) var<storage, read_write> history: array<f32>;
@group(0) @binding(6) var<storage, read_write> codes: array<f32>;
@group(0) @binding(7) var<storage, read> grid: array<f32>;
@group(0) @binding(8) var<storage, read> group_of: array<u32>;

fn grid_at(column: u32, row: u32) -> Grid {
  let group = group_of[column];
  return Grid(grid[group * params.grid_stride + row], grid[(params.groups + group) * params.grid_stride + row]);
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.past_row) { return; }
  let b_row = params.count * params.stride + row;

  for (var i = 0u; i < params.count; i++) {
    let c = params.first + i;
    var w = weights[c * params.stride + row];
    for (var k = 0u; k < i; k++) {
      let at = (params.first + k - params.u_above) * params.u_stride + c;
      w = fma(-history[k * params.stride + row], u[at], w);
      if (HAS_P) { w = fma(history[b_row + k * params.stride], p[at], w); }
    }
    let level = round_to_grid(w, grid_at(c, row), params.top);
    codes[c * params.stride + row] = level.code;
    weights[c * params.stride + row] = w;
    var moved = 0.0;
    if (HAS_ORIGINAL) { moved = params.alpha2 * (original[c * params.stride + row] - w); }
    history[i * params.stride + row] = ((w - level.value) + moved) / u[(c - params.u_above) * params.u_stride + c];
    if (HAS_P) { history[b_row + i * params.stride] = params.alpha * w + moved; }
  }

  if (params.z == 0u) { return; }
  let last = grid_at(params.first + params.count - 1u, row);
  let low = last.scale * (0.0 - last.zero);
  let high = last.scale * (params.top - last.zero);
  for (var i = 0u; i < params.count; i++) {
    let c = params.first + i;
    let w = weights[c * params.stride + row];
    let grid_c = grid_at(c, row);
    let q = grid_c.scale * (codes[c * params.stride + row] - grid_c.zero);
    let z = select(clamp(w, low, high), q, params.z == 1u);
    var moved = 0.0;
    if (HAS_ORIGINAL) { moved = params.alpha2 * (original[c * params.stride + row] - z); }
    history[i * params.stride + row] = ((w - q) + moved) / u[(c - params.u_above) * params.u_stride + c];
    if (HAS_P) { history[b_row + i * params.stride] = params.alpha * z + moved; }
  }
}
