// The codebook column loop (GPTVQ, arXiv:2402.15319, algorithms 1 and 2) over a run of columns, D at a time, one thread a row, no barrier:
//   the sub-vector takes the updates of the block's earlier columns, in order;  k = argmin |(w / s − c_k) A|²;  q = s · c_k;
//   E_P = (w − q) B goes into the history, from which the block's later columns and propagate.wgsl take it as e · U[P, ·].
// Columns first … first + count − 1 are the block; this launch walks from_column … past_column − 1 of it, which one column group's
// books cover. In-block sums run as in columns.wgsl, so results do not depend on the block size.
//   weights: cols × rows; on return a walked column holds w as it was when it was quantized.   u: cols × u_stride.
//   history: count × rows.   codes: rows × subs.   codebooks: a book a run of book_rows rows, cb_stride floats apart.
//   blocks: A and B (compensation/diagonal-blocks.wgsl).   scales: rows × scale_stride, read with SCALED.
//   STALE: codewords are chosen for the weight as it was at the start of the block, as the released code does where there are scales.
// Grid: ceil((past_row − first_row) / LANES) workgroups; no workgroup memory.
override D: u32 = 4;
//#include "assignment/metric"
//#include "assignment/codeword"
override LANES: u32 = 64;
override SCALED: bool = false;
override STALE: bool = false;
override FEEDBACK: bool = true;
struct Params {
  first_row: u32, past_row: u32, stride: u32, cols: u32, subs: u32,
  first: u32, from_column: u32, past_column: u32, u_stride: u32,
  book_rows: u32, codewords: u32, cb_stride: u32,
  scale_block: u32, scale_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weights: array<f32>;
@group(0) @binding(2) var<storage, read> u: array<f32>;
@group(0) @binding(3) var<storage, read_write> history: array<f32>;
@group(0) @binding(4) var<storage, read_write> codes: array<u32>;
@group(0) @binding(5) var<storage, read> codebooks: array<f32>;
@group(0) @binding(6) var<storage, read> blocks: array<vec4f>;
@group(0) @binding(7) var<storage, read> scales: array<f32>;
//#include "assignment/block"

fn component(v: Vector, j: u32) -> f32 {
  if (j < 4u) { return v.low[j]; }
  return v.high[j - 4u];
}

// Component j of a sub-vector lies in column c + j; past the last column it is zero.
fn weight(c: u32, j: u32, row: u32) -> f32 {
  if (j >= D || c + j >= params.cols) { return 0.0; }
  return weights[(c + j) * params.stride + row];
}

fn loaded(c: u32, row: u32) -> Vector {
  return Vector(vec4f(weight(c, 0u, row), weight(c, 1u, row), weight(c, 2u, row), weight(c, 3u, row)),
                vec4f(weight(c, 4u, row), weight(c, 5u, row), weight(c, 6u, row), weight(c, 7u, row)));
}

// U[k, c … c + D − 1]; what lies past the last column is padding, which is zero, or the next row, which meets a zero in A and B.
fn factors(k: u32, c: u32) -> Vector {
  let at = k * params.u_stride + c;
  var f = Vector(vec4f(u[at], 0.0, 0.0, 0.0), vec4f(0));
  if (D > 1u) { f.low.y = u[at + 1u]; }
  if (D > 2u) { f.low.z = u[at + 2u]; }
  if (D > 3u) { f.low.w = u[at + 3u]; }
  if (D > 4u) { f.high.x = u[at + 4u]; }
  if (D > 5u) { f.high.y = u[at + 5u]; }
  if (D > 6u) { f.high.z = u[at + 6u]; }
  if (D > 7u) { f.high.w = u[at + 7u]; }
  return f;
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.x;
  if (row >= params.past_row) { return; }
  let book = (row / params.book_rows) * params.cb_stride;
  let codewords = params.codewords;

  for (var c = params.from_column; c < params.past_column; c += D) {
    let before = loaded(c, row);
    var w = before;
    if (FEEDBACK) {
      for (var k = params.first; k < c; k++) {
        let e = -history[(k - params.first) * params.stride + row];
        let f = factors(k, c);
        w.low = fma(vec4f(e), f.low, w.low);
        if (D > 4u) { w.high = fma(vec4f(e), f.high, w.high); }
      }
    }
    var scale = 1.0;
    if (SCALED) { scale = scales[row * params.scale_stride + c / params.scale_block]; }
    var v = w;
    if (STALE) { v = before; }
    if (SCALED) { v = Vector(v.low / scale, v.high / scale); }

    let a = block(c / D);
    var least = 3.4e38;
    var code = 0u;
    var word = book;
    for (var k = 0u; k < codewords; k++) {
      let d = squared_length(through(difference(v, codeword(word)), a));
      if (d < least) { least = d; code = k; }
      word += D;
    }
    codes[row * params.subs + c / D] = code;

    let chosen = codeword(book + code * D);
    let error = Vector(w.low - scale * chosen.low, w.high - scale * chosen.high);
    let e = through(error, block(params.subs + c / D));
    for (var j = 0u; j < D; j++) {
      if (c + j >= params.cols) { break; }
      weights[(c + j) * params.stride + row] = component(w, j);
      if (FEEDBACK) { history[(c + j - params.first) * params.stride + row] = component(e, j); }
    }
  }
}
