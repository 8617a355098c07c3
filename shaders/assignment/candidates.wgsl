// The N nearest codewords of every sub-vector, nearest first, the lower index first among equals; padding columns do not count.
//   matrix, window and tiles: codebook/view.wgsl.   codebooks: books × cb_stride, codeword k of a book at k·D.
//   codes: N a sub-vector, by its index.   distances: rows × dist_stride, N side by side: Euclidean, not squared.
// Grid: workgroups first_group … past_group − 1, folded in y; each has LANES threads of one point of one book. No workgroup memory.
//#include "codebook/view"
//#include "assignment/metric"
//#include "assignment/codeword"
override LANES: u32 = 64;
override N: u32 = 2;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  codewords: u32, cb_stride: u32, dist_stride: u32,
  first_group: u32, past_group: u32, groups_per_book: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> codebooks: array<f32>;
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<storage, read_write> distances: array<f32>;
//#include "assignment/point"

// 1 for components that lie within the window, 0 past its last column.
fn inside(at: Place) -> Vector {
  let left = vec4u(params.cols - at.sub * D);
  let one = vec4f(1);
  return Vector(select(vec4f(0), one, vec4u(0, 1, 2, 3) < left), select(vec4f(0), one, vec4u(4, 5, 6, 7) < left));
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  if (g >= params.past_group) { return; }
  let book = g / params.groups_per_book;
  let at = place(tile(book), (g % params.groups_per_book) * LANES + lane);
  if (!at.inside) { return; }
  let v = point(at);
  let mask = inside(at);
  var near: array<f32, 8>;
  var code: array<u32, 8>;
  for (var j = 0u; j < N; j++) { near[j] = 3.4e38; }
  var worst = 3.4e38;
  var word = book * params.cb_stride;
  let codewords = params.codewords;
  for (var k = 0u; k < codewords; k++) {
    let e = difference(v, codeword(word));
    let d = squared_length(Vector(mask.low * e.low, mask.high * e.high));
    word += D;
    if (d < worst) {
      var slot = N - 1u;
      while (slot > 0u && near[max(slot, 1u) - 1u] > d) {
        near[slot] = near[slot - 1u];
        code[slot] = code[slot - 1u];
        slot--;
      }
      near[slot] = d;
      code[slot] = k;
      worst = near[N - 1u];
    }
  }
  for (var j = 0u; j < N; j++) {
    codes[at.index * N + j] = code[j];
    distances[at.row * params.dist_stride + at.sub * N + j] = sqrt(near[j]);
  }
}
