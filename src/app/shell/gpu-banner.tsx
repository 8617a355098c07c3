/** One quiet line where methods cannot run here: everything that can be read stays. */
import { useState } from 'react';
import { useStore } from '../../store/react';
import { useStudio } from '../context';
import { FailureAlert } from '../parts/failure';
import { PRECOMPUTED_ID } from '../precomputed';
import styles from './gpu-banner.module.css';

export function GpuBanner() {
  const { device, routes } = useStudio();
  const gpu = useStore(device, (state) => state.gpu);
  const [dismissed, setDismissed] = useState(false);
  if (gpu.state !== 'none' || dismissed) return null;
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
        onDismiss={() => setDismissed(true)}
      />
    </div>
  );
}
