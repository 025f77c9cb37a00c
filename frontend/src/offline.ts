// An amber bar while the network is away; forms keep working and drafts are kept here until it is back.
export {};
const bar = document.getElementById("offline");

function paint(): void {
  if (bar) bar.hidden = navigator.onLine;
}

window.addEventListener("online", paint);
window.addEventListener("offline", paint);
paint();
