// The metric of sub-column s out of `blocks` ((8 · subs) × 8 floats as pairs of vec4); see assignment/metric.wgsl.
fn block(s: u32) -> Block {
  let at = 16u * s;
  var m: Block;
  m.a = mat4x4f(blocks[at], blocks[at + 2u], blocks[at + 4u], blocks[at + 6u]);
  if (D > 4u) {
    m.b = mat4x4f(blocks[at + 1u], blocks[at + 3u], blocks[at + 5u], blocks[at + 7u]);
    m.d = mat4x4f(blocks[at + 9u], blocks[at + 11u], blocks[at + 13u], blocks[at + 15u]);
  }
  return m;
}
