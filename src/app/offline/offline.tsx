/** Comes after everything that a visit begins with; only the built page has a service worker. */
import { lazy, Suspense } from 'react';

const idle = () =>
  new Promise<void>((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: 5000 });
    else setTimeout(resolve, 1000);
  });

const UpdateOffer = lazy(async () => {
  await idle();
  return { default: (await import('./update-offer')).UpdateOffer };
});

export function Offline() {
  return import.meta.env.PROD ? (
    <Suspense>
      <UpdateOffer />
    </Suspense>
  ) : null;
}
