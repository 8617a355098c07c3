// Copies the lower triangle of a square matrix to the upper one, in place: the result is symmetric to the bit.
//   h: 4·tiles × 4·tiles, stride tiles vec4; what was above the diagonal is not read outside 4 × 4 diagonal tiles.
// Grid: (tiles/8, tiles/8) workgroups of 8 × 8 threads, one 4 × 4 tile of the lower triangle a thread. No workgroup memory.
struct Params {
  tiles: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> h: array<vec4f>;

@compute @workgroup_size(8, 8)
fn mirror(@builtin(global_invocation_id) id: vec3u) {
  if (id.x > id.y || id.y >= params.tiles) { return; }
  let tile = id.y * 4 * params.tiles + id.x;
  let m = mat4x4f(h[tile], h[tile + params.tiles], h[tile + 2 * params.tiles], h[tile + 3 * params.tiles]);
  var t = transpose(m);
  if (id.x == id.y) {
    t[1].x = m[1].x;
    t[2].x = m[2].x;
    t[2].y = m[2].y;
    t[3].x = m[3].x;
    t[3].y = m[3].y;
    t[3].z = m[3].z;
  }
  let target_tile = id.x * 4 * params.tiles + id.y;
  for (var i = 0u; i < 4u; i++) { h[target_tile + i * params.tiles] = t[i]; }
}
