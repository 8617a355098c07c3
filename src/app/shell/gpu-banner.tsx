/** One quiet line where methods cannot run here: everything that can be read stays. */
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { FailureAlert } from '../parts/failure';
import { PRECOMPUTED_ID } from '../precomputed';
import styles from './gpu-banner.module.css';

export function GpuBanner() {
  const { device, routes } = useStudio();
  const { gpu, noticed, notice } = useStore(device);
  if (gpu.state !== 'none' || noticed) return null;
  return (
    <div className={styles.banner}>
      <FailureAlert
        failure={gpu.failure}
        quiet={gpu.failure.code === 'QS-GPU-01' || gpu.failure.code === 'QS-GPU-02'}
        deeds={{
          retry: () => void device.getState().openGpu(),
          reload: () => window.location.reload(),
          show: () => routes.getState().go({ screen: 'compare', id: PRECOMPUTED_ID }),
        }}
        onDismiss={() => {
          notice();
          document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
        }}
        compact
      />
    </div>
  );
}
