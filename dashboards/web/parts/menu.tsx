/** A button with something below it, on a phone below the whole line. It closes by Escape and by a click elsewhere. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

interface MenuButtonProps {
  name: string;
  children: (close: () => void) => ComponentChildren;
}

export function Menu({ name, children }: MenuButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    menu.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    const outside = ({ target }: Event) => {
      if (target instanceof Node && target.isConnected && !menu.current?.contains(target)) setOpen(false);
    };
    // Of the document: what had the focus may be gone, such as a form that was saved.
    const keys = ({ key }: KeyboardEvent) => key === 'Escape' && close();
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', keys);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', keys);
    };
  }, [isOpen]);
  return (
    <div class="menu" ref={menu}>
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {name}
      </button>
      {isOpen && <div class="menu-open box box-body stack">{children(close)}</div>}
    </div>
  );
}
