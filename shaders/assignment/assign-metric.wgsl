// The E-step by a metric: each sub-vector's nearest codeword, argmin_k |(v − c_k) A_s|², the lowest index among equals.
//   matrix, window and tiles: codebook/view.wgsl.   blocks: (8 · subs) × 8 floats as pairs of vec4, A_s in rows 8s … 8s + 7.
//   codebooks: books × cb_stride, codeword k of a book at k·D.   assignments: one u32 a sub-vector.   distances: rows × dist_stride.
// Grid: workgroups first_group … past_group − 1, folded in y; each has LANES threads of one point of one book. No workgroup memory.
//#include "codebook/view"
//#include "assignment/metric"
//#include "assignment/codeword"
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  codewords: u32, cb_stride: u32, dist_stride: u32,
  first_group: u32, past_group: u32, groups_per_book: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> blocks: array<vec4f>;
@group(0) @binding(3) var<storage, read> codebooks: array<f32>;
@group(0) @binding(4) var<storage, read_write> assignments: array<u32>;
@group(0) @binding(5) var<storage, read_write> distances: array<f32>;
//#include "assignment/block"
//#include "assignment/point"

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  if (g >= params.past_group) { return; }
  let book = g / params.groups_per_book;
  let own = tile(book);
  let at = place(own, (g % params.groups_per_book) * LANES + lane);
  if (!at.inside) { return; }
  let v = point(at);
  let a = block(at.sub);
  var least = 3.4e38;
  var code = 0u;
  var word = book * params.cb_stride;
  let codewords = params.codewords;
  for (var k = 0u; k < codewords; k++) {
    let d = squared_length(through(difference(v, codeword(word)), a));
    if (d < least) { least = d; code = k; }
    word += D;
  }
  assignments[at.index] = code;
  distances[at.row * params.dist_stride + at.sub] = least;
}
