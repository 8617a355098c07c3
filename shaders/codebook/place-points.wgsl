// Makes given sub-vectors codewords: entry e copies sub-vector entries[2e + 1] to codeword entries[2e] (book · codewords + k).
//   matrix, window and tiles: codebook/view.wgsl.   codebooks: books × cb_stride, codeword k of a book at k·D.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread an entry. No workgroup memory.
//#include "codebook/view"
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  codewords: u32, cb_stride: u32, count: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> entries: array<u32>;
@group(0) @binding(3) var<storage, read_write> codebooks: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let e = g * LANES + lane;
  if (g >= params.past_group || e >= params.count) { return; }
  let word = entries[2u * e];
  let at = place_of(entries[2u * e + 1u]);
  let to = (word / params.codewords) * params.cb_stride + (word % params.codewords) * D;
  for (var j = 0u; j < D; j++) { codebooks[to + j] = element(at, j); }
}
