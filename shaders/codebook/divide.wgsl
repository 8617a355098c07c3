// A window of weights over its block scales, and what each quotient weighs: out = w / s, mass = m · s², in the window's orientation
// with zero padding.
//   matrix and window: codebook/view.wgsl.   scales: rows × scale_stride, a scale for `block` columns.   weights: m, one a column of
//   the window, read only with WEIGHTED (else 1).   out, mass: lines × length, being rows × columns or the other way round.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread an entry of out, padding included. No workgroup memory.
override LANES: u32 = 64;
override WEIGHTED: bool = false;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  block: u32, scale_stride: u32, out_stride: u32, count: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> mass: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.count) { return; }
  let line = i / params.out_stride;
  let along = i % params.out_stride;
  let by_row = params.row_stride == 1u;
  let row = select(line, along, by_row);
  let column = select(along, line, by_row);
  var value = 0.0;
  var m = 0.0;
  if (row < params.rows && column < params.cols) {
    let scale = scales[row * params.scale_stride + column / params.block];
    value = matrix[params.offset + row * params.row_stride + column * params.col_stride] / scale;
    m = 1.0;
    if (WEIGHTED) { m = weights[column]; }
    m *= scale * scale;
  }
  out[i] = value;
  mass[i] = m;
}
