// Rows of a window less the mean of their tile of tile_rows tokens, column by column, or with the override MEAN the mean itself in every row.
//   x, y: rows × cols; sums: at least one row a tile, of the tile's live rows. Rows that are not live become zero. stride counts vec4.
// Grid: one thread a vec4 of y with its padding, linear. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, length: u32, pitch: u32, tile_rows: u32, tiles: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> sums: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

override MEAN: u32 = 0;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let i = linear_index(group, groups, local, 64);
  if (i >= params.vectors) { return; }
  let row = i / params.stride;
  let within = row % params.pitch;
  if (row >= params.rows || within >= params.length) {
    y[i] = vec4f(0);
    return;
  }
  let tile = within / params.tile_rows;
  let count = min(params.tile_rows, params.length - tile * params.tile_rows);
  let mean = sums[(row / params.pitch * params.tiles + tile) * params.stride + i % params.stride] / f32(count);
  y[i] = select(x[i] - mean, mean, MEAN == 1u);
}
