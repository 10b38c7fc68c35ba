/** The few signs of the app, drawn on a grid of 16. They are decoration: the word is always beside them. */
const shapes = {
  book: (
    <path
      d="M8 4.200C6.300 3 4.200 2.800 2 3v9.500c2.200-.2 4.300 0 6 1.200 1.700-1.200 3.800-1.400 6-1.200V3c-2.200-.2-4.300 0-6 1.200ZM8 4.200v9.500"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linejoin="round"
    />
  ),
  maintenance: (
    <path
      d="M10 2.500a3.800 3.800 0 0 0-3.500 5.300L2.500 11.800l1.700 1.700 4-4A3.800 3.800 0 0 0 13.500 6l-2.100 2-2-.6-.6-2Z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linejoin="round"
    />
  ),
  change: (
    <path
      d="M8 1.800 14.200 8 8 14.200 1.800 8ZM8 5v3.400l2 1.400"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linejoin="round"
    />
  ),
  target: (
    <path
      d="M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M8 5.500a2.500 2.500 0 1 1 0 5 2.500 2.500 0 0 1 0-5M8 .8v2M8 13.200v2M.8 8h2M13.200 8h2"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linecap="round"
    />
  ),
  calendar: (
    <path
      d="M2.500 3.500h11v10h-11ZM2.500 6.500h11M5.500 1.800v3M10.500 1.800v3"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linejoin="round"
    />
  ),
  software: (
    <path
      d="M2.500 3h11v8h-11ZM6 14h4M8 11v3M5 5.500l1.500 1.500L5 8.500M8 8.500h3"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linejoin="round"
    />
  ),
  costs: (
    <path
      d="M2.500 4.500h11v7.500h-11ZM8 6.500a1.750 1.750 0 1 1 0 3.500 1.750 1.750 0 0 1 0-3.500"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linejoin="round"
    />
  ),
  online: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  offline: <circle cx="8" cy="8" r="4.2" fill="none" stroke="currentColor" stroke-width="1.8" />,
  lost: <path d="M8 1.8 14.2 8 8 14.2 1.8 8Z" fill="currentColor" />,
  unknown: (
    <path
      d="M5.600 6a2.400 2.400 0 1 1 3.500 2.100c-.8.4-1.100.9-1.100 1.700M8 12.300v.1"
      fill="none"
      stroke="currentColor"
      stroke-width="1.800"
      stroke-linecap="round"
    />
  ),
  never: (
    <circle
      cx="8"
      cy="8"
      r="4.600"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-dasharray="2.400 2.400"
    />
  ),
  critical: (
    <g>
      <path d="M5.300 1.500h5.400l3.800 3.800v5.400l-3.800 3.800H5.300l-3.800-3.800V5.300Z" fill="currentColor" />
      <path d="M8 4.500v4.200M8 11.200v.1" stroke="var(--surface)" stroke-width="1.700" stroke-linecap="round" />
    </g>
  ),
  warning: (
    <g>
      <path d="M8 1.800 15 14H1Z" fill="currentColor" stroke="currentColor" stroke-linejoin="round" />
      <path d="M8 6v3.800M8 11.900v.1" stroke="var(--surface)" stroke-width="1.600" stroke-linecap="round" />
    </g>
  ),
  info: (
    <g fill="none" stroke="currentColor" stroke-width="1.600" stroke-linecap="round">
      <circle cx="8" cy="8" r="6" />
      <path d="M8 7.500v3.700M8 4.900V5" />
    </g>
  ),
  ok: (
    <path d="m3 8.500 3.300 3.300L13 4.800" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
  ),
  server: (
    <g fill="none" stroke="currentColor" stroke-width="1.400">
      <rect x="2" y="2.500" width="12" height="4.600" rx="1" />
      <rect x="2" y="8.900" width="12" height="4.600" rx="1" />
      <path d="M4.500 4.800h.1M4.500 11.200h.1" stroke-linecap="round" stroke-width="1.800" />
    </g>
  ),
  workstation: (
    <g fill="none" stroke="currentColor" stroke-width="1.400" stroke-linejoin="round">
      <rect x="3" y="3" width="10" height="7" rx="1" />
      <path d="M1.500 12.800h13" stroke-linecap="round" />
    </g>
  ),
  fleet: (
    <g fill="none" stroke="currentColor" stroke-width="1.500">
      <rect x="2" y="2" width="5" height="5" rx="1" />
      <rect x="9" y="2" width="5" height="5" rx="1" />
      <rect x="2" y="9" width="5" height="5" rx="1" />
      <rect x="9" y="9" width="5" height="5" rx="1" />
    </g>
  ),
  silence: (
    <path
      d="M8 1.800v1M4.300 9.800c.3-.7.4-1.500.4-2.500M5.800 4.600a3.300 3.300 0 0 1 5.500 2.700c0 1.200.1 2 .3 2.700M9 11.500H3.500M6.800 13.800h2.400M2.300 2.300l11.400 11.400"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  ),
  alert: (
    <path
      d="M8 1.800v1M3.500 11.500h9c-1-1-1.200-2-1.200-4.200a3.300 3.300 0 0 0-6.600 0c0 2.200-.2 3.200-1.200 4.200ZM6.800 13.800h2.400"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  ),
  ticket: (
    <path
      d="M2 4h12v2.500a1.500 1.500 0 0 0 0 3V12H2V9.500a1.500 1.500 0 0 0 0-3ZM9.500 4.500v7"
      fill="none"
      stroke="currentColor"
      stroke-width="1.400"
      stroke-linejoin="round"
    />
  ),
  report: (
    <path
      d="M3.500 1.800h6l3 3v9.400h-9ZM9.500 1.800v3h3M5.800 11.500V9.800M8 11.500V7.500M10.200 11.500V9"
      fill="none"
      stroke="currentColor"
      stroke-width="1.400"
      stroke-linejoin="round"
    />
  ),
  stability: (
    <path
      d="M2 13.500h12M3.500 11V8M6.500 11V4.500M9.500 11V6.500M12.500 11V2.800"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
      stroke-linecap="round"
    />
  ),
  protection: (
    <path
      d="M8 1.800 13.200 4v4c0 3-2 5-5.200 6.300C4.800 13 2.800 11 2.800 8V4Z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linejoin="round"
    />
  ),
  patches: (
    <path
      d="M13.300 6.500A5.600 5.600 0 0 0 3 5.600M2.700 9.500A5.600 5.600 0 0 0 13 10.400M3 2.500v3.300h3.300M13 13.500v-3.300H9.700"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  ),
  site: (
    <g fill="none" stroke="currentColor" stroke-width="1.400" stroke-linejoin="round">
      <path d="M8 14.200c3-3.300 4.500-5.600 4.500-7.700a4.500 4.500 0 0 0-9 0c0 2.100 1.500 4.400 4.500 7.700Z" />
      <circle cx="8" cy="6.500" r="1.600" />
    </g>
  ),
  group: (
    <g fill="none" stroke="currentColor" stroke-width="1.400">
      <rect x="1.800" y="1.800" width="12.400" height="12.400" rx="2" stroke-dasharray="2.600 1.800" />
      <circle cx="5.600" cy="5.600" r="1.300" fill="currentColor" />
      <circle cx="10.400" cy="5.600" r="1.300" fill="currentColor" />
      <circle cx="8" cy="10.200" r="1.300" fill="currentColor" />
    </g>
  ),
  add: <path d="M8 3v10M3 8h10" fill="none" stroke="currentColor" stroke-width="1.800" stroke-linecap="round" />,
  settings: (
    <g fill="none" stroke="currentColor" stroke-width="1.500" stroke-linecap="round">
      <path d="M2 4.500h6M12 4.500h2M2 11.500h2M8 11.500h6" />
      <circle cx="10" cy="4.500" r="1.800" />
      <circle cx="6" cy="11.500" r="1.800" />
    </g>
  ),
  menu: <path d="M2.500 4.500h11M2.500 8h11M2.500 11.500h11" fill="none" stroke="currentColor" stroke-width="1.600" />,
  find: (
    <path
      d="M10.500 10.500 14 14M11.500 7a4.500 4.500 0 1 1-9 0a4.500 4.500 0 0 1 9 0Z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.600"
    />
  ),
  funnel: (
    <path
      d="M2 3h12L9.500 8.500v4.500l-3-1.500v-3Z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.500"
      stroke-linejoin="round"
    />
  ),
  close: <path d="m4 4 8 8M12 4l-8 8" fill="none" stroke="currentColor" stroke-width="1.600" stroke-linecap="round" />,
  copy: (
    <g fill="none" stroke="currentColor" stroke-width="1.400">
      <rect x="5.500" y="5.500" width="8" height="8" rx="1.200" />
      <path d="M10.500 3.500v-.2a1 1 0 0 0-1-1h-6a1 1 0 0 0-1 1v6a1 1 0 0 0 1 1h.2" />
    </g>
  ),
  person: (
    <g fill="none" stroke="currentColor" stroke-width="1.500">
      <circle cx="8" cy="5.200" r="2.700" />
      <path d="M2.800 13.500c.7-2.600 2.600-3.800 5.200-3.800s4.500 1.200 5.200 3.800" stroke-linecap="round" />
    </g>
  ),
  comment: (
    <path
      d="M2.500 3h11v7.500H8L5 13.300v-2.800H2.500Z"
      fill="none"
      stroke="currentColor"
      stroke-width="1.400"
      stroke-linejoin="round"
    />
  ),
  rules: (
    <g fill="none" stroke="currentColor" stroke-width="1.500" stroke-linecap="round" stroke-linejoin="round">
      <path d="M1.500 6h13" stroke-dasharray="1.800 2.400" />
      <path d="m1.800 12.500 3.400-3.800 2.600 2 4-7.700 2.600 3.500" />
    </g>
  ),
  up: <path d="m3 10 5-5 5 5" fill="none" stroke="currentColor" stroke-width="2" />,
  down: <path d="m3 6 5 5 5-5" fill="none" stroke="currentColor" stroke-width="2" />,
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      {shapes[name]}
    </svg>
  );
}
