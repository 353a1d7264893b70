// Preloaded into a program that is built with the address sanitizer: tells, each second, how many
// bytes the program has allocated and not freed, in the file that LIVE_BYTES_FILE names. Resident
// memory cannot say it: the sanitizer's own records grow within.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

size_t __sanitizer_get_current_allocated_bytes(void);

static void* tell(void* path) {
  const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  while (1) {
    char text[24];
    const int length =
        snprintf(text, sizeof text, "%20zu\n", __sanitizer_get_current_allocated_bytes());
    if (pwrite(file, text, length, 0) != length) abort();
    sleep(1);
  }
}

__attribute__((constructor)) static void begin(void) {
  sigset_t all, before;  // signals are for the program's own threads
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  if (pthread_create(&thread, NULL, tell, getenv("LIVE_BYTES_FILE")) != 0) abort();
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}
