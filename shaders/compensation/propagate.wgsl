// Carries a finished block to all later columns: W[:, j] −= Σ_k a_k · U[first + k, j] − b_k · P[first + k, j], j ≥ first + count.
// The sum runs over k in order with the same two fma as columns.wgsl: see there why.
//   weights: cols × rows (vec4 along rows); history: (2·count) × rows; u, p: cols × cols, rows from u_above on.
// Grid: (row tiles of 8 / 8) × (column tiles of 8 / 8) workgroups of 8 × 8 threads; a thread owns 8 rows × 8 columns; no workgroup
// memory. Column tiles start at first_tile = (first + count) / 8, so the first may hold finished columns, which are not written.
override HAS_P: bool = false;
struct Params { stride: u32, u_stride: u32, u_above: u32, first: u32, count: u32, first_tile: u32, row_tiles: u32, col_tiles: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> history: array<vec4f>;
@group(0) @binding(3) var<storage, read> u: array<vec4f>;
@group(0) @binding(4) var<storage, read> p: array<vec4f>;

fn take(a: vec4f, factor: vec4f, s: mat4x4f) -> mat4x4f {
  return mat4x4f(
    fma(a, vec4f(factor.x), s[0]), fma(a, vec4f(factor.y), s[1]),
    fma(a, vec4f(factor.z), s[2]), fma(a, vec4f(factor.w), s[3]));
}

fn load4(at: u32) -> mat4x4f {
  let s = params.stride;
  return mat4x4f(weights[at], weights[at + s], weights[at + 2u * s], weights[at + 3u * s]);
}

fn store4(at: u32, column: u32, value: mat4x4f) {
  let done = params.first + params.count;
  for (var i = 0u; i < 4u; i++) {
    if (column + i >= done) { weights[at + i * params.stride] = value[i]; }
  }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.row_tiles || id.y >= params.col_tiles) { return; }
  let column = (params.first_tile + id.y) * 8u;
  let at = column * params.stride + id.x * 2u;
  let below = at + 4u * params.stride;
  var s00 = load4(at);          // columns 0–3, rows 0–3
  var s01 = load4(at + 1u);     // columns 0–3, rows 4–7
  var s10 = load4(below);
  var s11 = load4(below + 1u);
  for (var k = 0u; k < params.count; k++) {
    let factors = (params.first + k - params.u_above) * params.u_stride + column / 4u;
    let row = k * params.stride + id.x * 2u;
    let a0 = -history[row];
    let a1 = -history[row + 1u];
    let u0 = u[factors];
    let u1 = u[factors + 1u];
    s00 = take(a0, u0, s00);
    s01 = take(a1, u0, s01);
    s10 = take(a0, u1, s10);
    s11 = take(a1, u1, s11);
    if (HAS_P) {
      let b0 = history[row + params.count * params.stride];
      let b1 = history[row + params.count * params.stride + 1u];
      let p0 = p[factors];
      let p1 = p[factors + 1u];
      s00 = take(b0, p0, s00);
      s01 = take(b1, p0, s01);
      s10 = take(b0, p1, s10);
      s11 = take(b1, p1, s11);
    }
  }
  store4(at, column, s00);
  store4(at + 1u, column, s01);
  store4(below, column + 4u, s10);
  store4(below + 1u, column + 4u, s11);
}
