// out = aᵀ. Both are padded to multiples of 8 both ways, so padding goes to padding.
//   a: 4·row_tiles × 4·col_tiles;  out: 4·col_tiles × 4·row_tiles;  strides follow, in vec4.
// Grid: (col_tiles/8, row_tiles/8) workgroups of 8 × 8 threads, one 4 × 4 tile a thread. No workgroup memory.
struct Params {
  row_tiles: u32,
  col_tiles: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(8, 8)
fn transposed(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.col_tiles || id.y >= params.row_tiles) { return; }
  let from_tile = id.y * 4 * params.col_tiles + id.x;
  let to_tile = id.x * 4 * params.row_tiles + id.y;
  let tile = transpose(mat4x4f(
    a[from_tile],
    a[from_tile + params.col_tiles],
    a[from_tile + 2 * params.col_tiles],
    a[from_tile + 3 * params.col_tiles],
  ));
  for (var i = 0u; i < 4u; i++) { out[to_tile + i * params.row_tiles] = tile[i]; }
}
