/** Whether an adapter is software: what it declares, and what its barriers say where it declares nothing. */
import { describe, expect, it } from 'vitest';
import { declaresSoftware } from './adapter';
import { barrierMicroseconds, isSoftware } from './software-probe';
import { testGpu } from './testing/gpus';

const NAMELESS = { vendor: '', architecture: '', device: '', description: '' } as GPUAdapterInfo;

describe('what an adapter declares', () => {
  it.each([
    ['SwiftShader', { ...NAMELESS, architecture: 'swiftshader' }, true],
    ['llvmpipe', { ...NAMELESS, description: 'llvmpipe (LLVM 19.1.7, 256 bits)' }, true],
    ['Microsoft’s', { ...NAMELESS, description: 'Microsoft Basic Render Driver' }, true],
    ['a fallback adapter without a name', { ...NAMELESS, isFallbackAdapter: true }, true],
    ['nothing', NAMELESS, false],
    ['a GPU', { ...NAMELESS, vendor: 'nvidia', architecture: 'lovelace' }, false],
  ] as const)('%s', (_, info, software) => {
    expect(declaresSoftware(info)).toBe(software);
  });
});

describe('the probe', async () => {
  const gpu = await testGpu();

  it('gives a finite cost, and its buffer back', async () => {
    const held = gpu.buffers.bytesInUse;
    const microseconds = await barrierMicroseconds(gpu);
    expect(Number.isFinite(microseconds)).toBe(true);
    expect(microseconds).toBeGreaterThanOrEqual(0);
    expect(gpu.buffers.bytesInUse).toBe(held);
  });

  it('finds out what the adapter does not say', async () => {
    const unnamed = new Proxy(gpu, {
      get(target, key) {
        if (key === 'description') return { ...target.description, software: false };
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    // The adapter of the tests says what it is; without its words the measurement must come to the same.
    expect(await isSoftware(unnamed)).toBe(gpu.description.software);
  });
});
