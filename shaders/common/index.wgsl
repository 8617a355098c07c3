// The index of this invocation in a grid folded to two dimensions (src/gpu/kernel.ts, linearGrid). Check it against the count.
fn linear_index(group: vec3u, groups: vec3u, lane: u32, lanes: u32) -> u32 {
  return (group.y * groups.x + group.x) * lanes + lane;
}
