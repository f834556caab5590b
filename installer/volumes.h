/*
 * volumes: where a medium may be mounted that carries packages: CD drives and removable disks.
 */
#ifndef XENPV_INSTALLER_VOLUMES_H
#define XENPV_INSTALLER_VOLUMES_H

#include "drivers-manifest/shape.h"

/* Their roots, as "D:\", in the order of letters, added to *roots (texts_release). A drive without
 * a medium is no error, and nobody is asked to put one in. None on Linux. */
void volumes_list(struct texts *roots);

#endif
