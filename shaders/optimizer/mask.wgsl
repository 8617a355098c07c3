// Which entries a step may change: all, or, where MASKED is 1, those whose entry of `mask` (declared by the including file) is not 0.
override MASKED: u32 = 0;

fn trained(i: u32, old: vec4f, stepped: vec4f) -> vec4f {
  if (MASKED == 0u) { return stepped; }
  return select(old, stepped, mask[i] != vec4f(0));
}
