// L⁻¹ in place, f32: diagonal blocks of 32 first, then pairs of inverted neighbours are joined to blocks of twice the size.
// With L = [L11 0; L21 L22] and Y11, Y22 the inverses already there, the missing corner is Y21 = −Y22·L21·Y11:
//   block:   inverts the diagonal blocks.   Grid: (size/32) of 32 threads, a column each. Workgroup memory: 4224 bytes, 2 barriers.
//   left:    Tᵀ = (L21·Y11)ᵀ, written where Y12 would be.   Grid for both: (half/64, row_tiles/8) of 8 × 8 threads,
//   right:   Y21 = −Y22·T, written over L21.                an 8 × 8 tile each; row tiles are counted over the corners of all pairs.
//   a: size × size, size a multiple of 32, the lower triangle holds L with a positive diagonal; the last pair may be cut short.
// No launch reads what it writes. Above the diagonal, outside the diagonal blocks, the T are left over.
struct Params {
  stride: u32,           // vec4
  half: u32,             // size of the blocks being joined, a multiple of 32
  first_row_tile: u32,
  row_tiles: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> a: array<vec4f>;

//#include "linalg/tile"

const BLOCK = 32u;
const ROW = 33u;
// L in the lower triangle with its diagonal; the inverse's column c grows in row c above the diagonal, which is free.
var<workgroup> rows: array<f32, BLOCK * ROW>;

@compute @workgroup_size(32)
fn block(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = group.x * BLOCK;
  let quad = first / 4;
  for (var q = 0u; q < BLOCK / 4; q++) {
    for (var j = 0u; j < 4u; j++) { rows[lane * ROW + 4 * q + j] = a[(first + lane) * params.stride + quad + q][j]; }
  }
  workgroupBarrier();
  let reciprocal = 1 / rows[lane * ROW + lane];
  for (var r = 0u; r < BLOCK; r++) {
    if (r <= lane) { continue; }
    var sum = rows[r * ROW + lane] * reciprocal;
    for (var k = lane + 1; k < r; k++) { sum += rows[r * ROW + k] * rows[lane * ROW + k]; }
    rows[lane * ROW + r] = -sum / rows[r * ROW + r];
  }
  workgroupBarrier();
  for (var q = 0u; q < BLOCK / 4; q++) {
    var row = vec4f(0);
    for (var j = 0u; j < 4u; j++) {
      let col = 4 * q + j;
      if (col < lane) { row[j] = rows[col * ROW + lane]; }
      if (col == lane) { row[j] = reciprocal; }
    }
    a[(first + lane) * params.stride + quad + q] = row;
  }
}

// Where this thread's tile lies: the pair's first column, and the tile's place in the corner.
struct Place { pair: u32, row_tile: u32, col_tile: u32, outside: bool }

fn place(id: vec3u) -> Place {
  let tiles = params.half / 8;
  let row_tile = params.first_row_tile + id.y;
  return Place(
    row_tile / tiles * 2 * params.half, row_tile % tiles, id.x, id.y >= params.row_tiles || id.x >= tiles);
}

@compute @workgroup_size(8, 8)
fn left(@builtin(global_invocation_id) id: vec3u) {
  let p = place(id);
  if (p.outside) { return; }
  let row = p.pair + params.half + 8 * p.row_tile;
  let col = p.pair + 8 * p.col_tile;
  var t: Tile;
  // Y11 is lower triangular: its rows above `col` have nothing in these columns.
  for (var k = col; k < p.pair + params.half; k += 4u) {
    let top = rows4(row, k / 4);
    let bottom = rows4(row + 4, k / 4);
    let near = rows4(k, col / 4);
    let far = rows4(k, col / 4 + 1);
    t.s00 += near * top;
    t.s01 += far * top;
    t.s10 += near * bottom;
    t.s11 += far * bottom;
  }
  store4(col, row / 4, transpose(t.s00));
  store4(col + 4, row / 4, transpose(t.s01));
  store4(col, row / 4 + 1, transpose(t.s10));
  store4(col + 4, row / 4 + 1, transpose(t.s11));
}

@compute @workgroup_size(8, 8)
fn right(@builtin(global_invocation_id) id: vec3u) {
  let p = place(id);
  if (p.outside) { return; }
  let row = p.pair + params.half + 8 * p.row_tile;
  let col = p.pair + 8 * p.col_tile;
  var t: Tile;
  // Y22 is lower triangular: its rows end with this tile.
  for (var k = p.pair + params.half; k < row + 8; k += 4u) { add_row_products(&t, row, col, k / 4); }
  store4(row, col / 4, -1.0 * t.s00);
  store4(row, col / 4 + 1, -1.0 * t.s01);
  store4(row + 4, col / 4, -1.0 * t.s10);
  store4(row + 4, col / 4 + 1, -1.0 * t.s11);
}
