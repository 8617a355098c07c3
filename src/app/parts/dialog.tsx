/**
 * Dialogs: a question before something is lost, and a drawer beside the work. The browser's own modal dialog keeps the focus inside,
 * makes the rest inert, closes on Escape and gives the focus back to where it came from.
 */
import {
  cloneElement,
  useCallback,
  useId,
  useRef,
  useState,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { createPortal } from 'react-dom';
import { words } from '../words';
import { Button, IconButton } from './button';
import styles from './dialog.module.css';

/** The button that opens a dialog: whatever takes a press. */
type Trigger = ReactElement<{ onClick?: () => void; 'aria-haspopup'?: 'dialog' }>;

interface ModalProps {
  title: string;
  trigger: Trigger;
  look: 'dialog' | 'drawer';
  role?: 'alertdialog';
  /** Id of the sentence that a question is about. */
  describedBy?: string;
  /** A question wants an answer; everything else also closes by a press beside it. */
  closesBeside?: boolean;
  children: (close: () => void) => ReactNode;
}

function Modal({ title, trigger, look, role, describedBy, closesBeside = false, children }: ModalProps) {
  const [open, setOpen] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Once: what closes it may render it again before the browser has said so.
  const show = useCallback((element: HTMLDialogElement | null) => {
    dialog.current = element;
    if (element && !element.open) element.showModal();
  }, []);
  // Closed before it is taken away: only then does the browser give the focus back.
  const close = () => dialog.current?.close();
  return (
    <>
      {cloneElement(trigger, { onClick: () => setOpen(true), 'aria-haspopup': 'dialog' })}
      {open &&
        createPortal(
          <dialog
            ref={show}
            className={styles[look]}
            role={role}
            aria-labelledby={titleId}
            aria-describedby={describedBy}
            onClose={() => setOpen(false)}
            onClick={(event) => closesBeside && isBeside(event) && close()}
          >
            <div className={styles.head}>
              <h2 id={titleId}>{title}</h2>
              {closesBeside && <IconButton icon="close" label={words.shell.close} onClick={close} />}
            </div>
            {children(close)}
          </dialog>,
          document.body,
        )}
    </>
  );
}

/** The backdrop belongs to the dialog, but lies outside of its box. */
function isBeside({ target, currentTarget, clientX, clientY }: MouseEvent<HTMLDialogElement>): boolean {
  if (target !== currentTarget) return false;
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}

interface ConfirmProps {
  title: string;
  text: string;
  yes: string;
  no: string;
  onYes: () => void;
  /** The button that opens it. */
  children: Trigger;
}

export function Confirm({ title, text, yes, no, onYes, children }: ConfirmProps) {
  const textId = useId();
  return (
    <Modal title={title} trigger={children} look="dialog" role="alertdialog" describedBy={textId}>
      {(close) => (
        <>
          <p id={textId} className={styles.text}>
            {text}
          </p>
          <div className={styles.actions}>
            {/* First, so that it has the focus: Enter by habit loses nothing. */}
            <Button onClick={close}>{no}</Button>
            <Button
              look="danger"
              onClick={() => {
                close();
                onYes();
              }}
            >
              {yes}
            </Button>
          </div>
        </>
      )}
    </Modal>
  );
}

interface PanelProps {
  title: string;
  /** The button that opens it. */
  trigger: Trigger;
  children: ReactNode;
  as?: 'drawer' | 'dialog';
}

export function Panel({ title, trigger, children, as = 'drawer' }: PanelProps) {
  return (
    <Modal title={title} trigger={trigger} look={as} closesBeside>
      {() => children}
    </Modal>
  );
}
