/** Catches a fault in the screens themselves, so that a broken screen says so instead of going white. Stored work is not touched. */
import { Component, type ReactNode } from 'react';
import { failureOf, type Failure } from '../../store/failure';
import { FailureAlert } from '../parts/failure';

interface State {
  readonly failure: Failure | null;
}

export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { failure: null };

  static getDerivedStateFromError(error: unknown): State {
    return { failure: { ...failureOf(error), code: 'QS-APP-01' } };
  }

  override render() {
    const { failure } = this.state;
    if (!failure) return this.props.children;
    return (
      <main style={{ maxWidth: '48rem', margin: '10vh auto', padding: 16 }}>
        <FailureAlert
          failure={failure}
          deeds={{ retry: () => this.setState({ failure: null }), reload: () => window.location.reload() }}
        />
      </main>
    );
  }
}
