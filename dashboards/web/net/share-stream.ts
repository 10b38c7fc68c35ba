/**
 * One stream of changes for all tabs of a browser. Over HTTP/1.1 a browser has six connections to a host: with a stream in
 * each tab the seventh tab would wait for ever. The tab that holds a lock leads: it has the stream, and passes on what comes.
 * Locks are there in a secure context only; elsewhere each tab has a stream while it is in front.
 */
import { retryMs } from './request.ts';

interface StreamReader {
  opened(afresh: boolean): void;
  cut(): void;
  receive(text: string): void;
  stillMine(): Promise<boolean>;
}

type TabMessage =
  | { say: 'ask' }
  | { say: 'opened'; afresh: boolean }
  | { say: 'cut' }
  | { say: 'change'; text: string };

/** The collector says each 15 s that it is there. */
const silentMs = 35_000;
/** A browser may freeze the tab that leads, lock and all: who gets no answer takes the lock away. */
const answerMs = 5000;

/** @returns what ends it for this tab */
export function shareStream(name: string, listener: StreamReader): () => void {
  const canShare = 'locks' in navigator && 'BroadcastChannel' in window;
  let leave: (() => void) | undefined;
  let isBack = false;
  const opened = (afresh: boolean) => {
    listener.opened(afresh || isBack);
    isBack = false;
  };
  const join = () => {
    leave ??= (canShare ? follow : alone)(name, { ...listener, opened });
  };
  const part = () => {
    isBack = true;
    leave?.();
    leave = undefined;
  };
  const seen = () => (document.hidden ? !canShare && part() : join());
  // A page that is left may be kept for the way back: its stream must not be.
  window.addEventListener('pagehide', part);
  window.addEventListener('pageshow', seen);
  document.addEventListener('visibilitychange', seen);
  if (canShare || !document.hidden) join();
  return () => {
    window.removeEventListener('pagehide', part);
    window.removeEventListener('pageshow', seen);
    document.removeEventListener('visibilitychange', seen);
    part();
  };
}

const alone = (_name: string, listener: StreamReader) => openStream(listener).close;

function follow(name: string, listener: StreamReader): () => void {
  const channel = new BroadcastChannel(name);
  const tell = (said: TabMessage) => channel.postMessage(said);
  const end = new AbortController();
  let stream: ReturnType<typeof openStream> | undefined;
  let unanswered: ReturnType<typeof setTimeout> | undefined;

  const lead = () =>
    new Promise<void>((release) => {
      clearTimeout(unanswered);
      stream = openStream({
        ...listener,
        opened(afresh) {
          tell({ say: 'opened', afresh });
          listener.opened(afresh);
        },
        cut() {
          tell({ say: 'cut' });
          listener.cut();
        },
        receive(text) {
          tell({ say: 'change', text });
          listener.receive(text);
        },
      });
      end.signal.addEventListener('abort', () => release());
    });
  const dropStream = () => {
    stream?.close();
    stream = undefined;
  };
  const queue = (steal: boolean) => {
    navigator.locks
      .request(name, steal ? { steal } : { signal: end.signal }, () => (end.signal.aborted ? undefined : lead()))
      .catch(() => {
        // Given up with this tab, or taken away by another that got no answer: then it follows.
        dropStream();
        if (!end.signal.aborted) queue(false);
      });
  };
  const ask = () => {
    if (stream || document.hidden) return;
    clearTimeout(unanswered);
    unanswered = setTimeout(() => !document.hidden && queue(true), answerMs);
    tell({ say: 'ask' });
  };
  channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
    if (data.say === 'ask') {
      if (stream?.isLive()) tell({ say: 'opened', afresh: false });
      else if (stream) {
        tell({ say: 'cut' });
        // Timers of a tab in the back are slow, its messages are not.
        stream.retry();
      }
      return;
    }
    clearTimeout(unanswered);
    if (data.say === 'opened') listener.opened(data.afresh);
    else if (data.say === 'change') listener.receive(data.text);
    else {
      listener.cut();
      unanswered = setTimeout(ask, retryMs);
    }
  };
  document.addEventListener('visibilitychange', ask);
  queue(false);
  ask();
  return () => {
    clearTimeout(unanswered);
    document.removeEventListener('visibilitychange', ask);
    dropStream();
    end.abort();
    channel.close();
  };
}

function openStream({ opened, cut, receive, stillMine }: StreamReader) {
  let source: EventSource | undefined;
  let again: ReturnType<typeof setTimeout> | undefined;
  let silent: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let isLive = false;
  let wasCut = false;

  const connect = () => {
    clearTimeout(again);
    if (isOver || source) return;
    const mine = new EventSource('/api/v1/events');
    source = mine;
    mine.onopen = async () => {
      // It was opened by whoever is logged in now, which may be somebody else.
      if (wasCut && !(await stillMine())) return retryLater();
      if (source !== mine || mine.readyState !== EventSource.OPEN) return;
      isLive = true;
      opened(true);
    };
    mine.onmessage = ({ data }: MessageEvent<string>) => isLive && receive(data);
    const lost = () => {
      isLive = false;
      wasCut = true;
      cut();
    };
    mine.addEventListener('beat', () => {
      clearTimeout(silent);
      silent = setTimeout(() => {
        lost();
        retryLater();
      }, silentMs);
    });
    mine.onerror = () => {
      lost();
      // The browser retries a cut connection by itself, but gives up for good when it was answered with an error.
      if (mine.readyState !== EventSource.CLOSED) return;
      retryLater();
      void stillMine();
    };
  };
  const drop = () => {
    clearTimeout(silent);
    source?.close();
    source = undefined;
    isLive = false;
  };
  const retryLater = () => {
    drop();
    if (!isOver) again = setTimeout(connect, retryMs);
  };
  connect();
  return {
    isLive: () => isLive,
    retry: connect,
    close() {
      isOver = true;
      clearTimeout(again);
      drop();
    },
  };
}
