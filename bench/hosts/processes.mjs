// Memory and CPU time of this process and of those that it started: an engine may work in a process of its own.
import { readdirSync, readFileSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** Processes started by `pid`, by its threads, not by theirs. */
function children(pid) {
  let threads = [];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {}
  const text = threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)).join(' ');
  return text.split(/\s+/).filter(Boolean);
}

/** Seconds that all threads of a process have run, from nanoseconds that the scheduler counts. */
function cpuOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]));
  return spent.reduce((sum, ns) => sum + ns, 0) / 1e9;
}

function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const bytes = (field) => Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return { peak: bytes('VmHWM'), now: bytes('VmRSS') };
}

/** How this process and its children are measured. */
export function processes(self) {
  return {
    /** Bytes: peak (of several processes the sum of peaks) and present. */
    memory() {
      const { maxRSS } = process.resourceUsage();
      if (!read('/proc/self/status')) return { peak: maxRSS * 1024, now: process.memoryUsage.rss() };
      const all = [self, ...children(self)].map(memoryOf);
      const sum = (field) => all.reduce((bytes, one) => bytes + one[field], 0);
      return { peak: sum('peak'), now: sum('now') };
    },
    /** Seconds of CPU time so far. */
    cpuSeconds() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6 + children(self).reduce((sum, child) => sum + cpuOf(child), 0);
    },
  };
}
