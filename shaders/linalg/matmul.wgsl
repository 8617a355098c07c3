// C = beta·C + alpha·op(A)·op(B), f32, row-major. Entry points: nn (A·B), nt (A·Bᵀ), tn (Aᵀ·B).
//   C: rows × cols;  nn: A rows × inner, B inner × cols;  nt: B cols × inner;  tn: A inner × rows.
// All strides and offsets count vec4; rows and cols are padded to 8 and inner to 4, padding is zero (src/tensor/tensor.ts).
// Grid: (cols/8/8, row tiles/8) workgroups of 8 × 8 threads, one 8 × 8 tile of C a thread, in four mat4x4f accumulators; no
// workgroup memory, which is the fastest shape measured on software GPUs and among the fastest on real ones (surfgrad, jax-js).
// A WGSL matrix is a list of columns; a column here holds four neighbours of one row of C, so C's tile is built as (op(B)ᵀ op(A)ᵀ).
struct Params {
  inner: u32,        // in vec4 for nn and nt; in rows for tn
  row_tiles: u32,    // tiles of 8 rows this launch may touch, from first_row_tile
  col_tiles: u32,
  first_row_tile: u32,
  a_stride: u32, b_stride: u32, c_stride: u32,
  a_offset: u32, b_offset: u32, c_offset: u32,
  lower_only: u32,   // 1: tiles strictly above the diagonal are left alone
  alpha: f32,
  beta: f32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4f>;

struct Tile { s00: mat4x4f, s01: mat4x4f, s10: mat4x4f, s11: mat4x4f }

fn rows4(first: u32, stride: u32, of_a: bool) -> mat4x4f {
  if (of_a) { return mat4x4f(a[first], a[first + stride], a[first + 2 * stride], a[first + 3 * stride]); }
  return mat4x4f(b[first], b[first + stride], b[first + 2 * stride], b[first + 3 * stride]);
}

fn outside(id: vec3u) -> bool {
  let row_tile = params.first_row_tile + id.y;
  return id.y >= params.row_tiles || id.x >= params.col_tiles || (params.lower_only == 1u && id.x > row_tile);
}

fn store4(at: u32, s: mat4x4f) {
  for (var i = 0u; i < 4u; i++) {
    let address = at + i * params.c_stride;
    var value = params.alpha * s[i];
    // beta = 0 must not read C: a pooled buffer may hold NaN.
    if (params.beta != 0.0) { value += params.beta * c[address]; }
    c[address] = value;
  }
}

fn store(id: vec3u, t: Tile) {
  let at = params.c_offset + (params.first_row_tile + id.y) * 8 * params.c_stride + id.x * 2;
  store4(at, t.s00);
  store4(at + 1, t.s01);
  store4(at + 4 * params.c_stride, t.s10);
  store4(at + 4 * params.c_stride + 1, t.s11);
}

@compute @workgroup_size(8, 8)
fn nn(@builtin(global_invocation_id) id: vec3u) {
  if (outside(id)) { return; }
  var t: Tile;
  let a0 = params.a_offset + (params.first_row_tile + id.y) * 8 * params.a_stride;
  let a1 = a0 + 4 * params.a_stride;
  let b0 = params.b_offset + id.x * 2;
  for (var k = 0u; k < params.inner; k++) {
    let top = rows4(a0 + k, params.a_stride, true);
    let bottom = rows4(a1 + k, params.a_stride, true);
    let left = rows4(b0 + 4 * k * params.b_stride, params.b_stride, false);
    let right = rows4(b0 + 4 * k * params.b_stride + 1, params.b_stride, false);
    t.s00 += left * top;
    t.s01 += right * top;
    t.s10 += left * bottom;
    t.s11 += right * bottom;
  }
  store(id, t);
}

@compute @workgroup_size(8, 8)
fn nt(@builtin(global_invocation_id) id: vec3u) {
  if (outside(id)) { return; }
  var t: Tile;
  let a0 = params.a_offset + (params.first_row_tile + id.y) * 8 * params.a_stride;
  let a1 = a0 + 4 * params.a_stride;
  let b0 = params.b_offset + id.x * 8 * params.b_stride;
  let b1 = b0 + 4 * params.b_stride;
  for (var k = 0u; k < params.inner; k++) {
    let top = rows4(a0 + k, params.a_stride, true);
    let bottom = rows4(a1 + k, params.a_stride, true);
    let left = transpose(rows4(b0 + k, params.b_stride, false));
    let right = transpose(rows4(b1 + k, params.b_stride, false));
    t.s00 += left * top;
    t.s01 += right * top;
    t.s10 += left * bottom;
    t.s11 += right * bottom;
  }
  store(id, t);
}

@compute @workgroup_size(8, 8)
fn tn(@builtin(global_invocation_id) id: vec3u) {
  if (outside(id)) { return; }
  var t: Tile;
  let a0 = params.a_offset + (params.first_row_tile + id.y) * 2;
  let b0 = params.b_offset + id.x * 2;
  for (var k = 0u; k < params.inner; k += 4u) {
    let top = transpose(rows4(a0 + k * params.a_stride, params.a_stride, true));
    let bottom = transpose(rows4(a0 + k * params.a_stride + 1, params.a_stride, true));
    let left = rows4(b0 + k * params.b_stride, params.b_stride, false);
    let right = rows4(b0 + k * params.b_stride + 1, params.b_stride, false);
    t.s00 += left * top;
    t.s01 += right * top;
    t.s10 += left * bottom;
    t.s11 += right * bottom;
  }
  store(id, t);
}
