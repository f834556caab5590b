# Packer: the PV drivers into an image. The provisioners are what counts: copy them into the build of your own source. The
# source here is a running Windows guest on Xen that is reached by WinRM; elsewhere xenpv exits with 3, "not a Xen guest".
#
#   xenpv bundle --for all --to bundle
#   packer build -var host=192.0.2.10 -var password=... xenpv.pkr.hcl

variable "host" {
  type        = string
  description = "The guest's address."
}

variable "user" {
  type    = string
  default = "Administrator"
}

variable "password" {
  type      = string
  sensitive = true
}

variable "bundle" {
  type        = string
  default     = "bundle"
  description = "The folder that xenpv bundle made."
}

variable "program" {
  type        = string
  default     = "C:\\xenpv\\x64\\xenpv.exe"
  description = "x86 in place of x64 for 32-bit Windows."
}

locals {
  # xenpv goes on by itself after a restart, as a service that takes itself away at its end.
  wait = "for ($i = 0; $i -lt 120 -and (Get-Service xenpv-resume -ErrorAction SilentlyContinue); $i++) { Start-Sleep -Seconds 2 }"
}

source "null" "guest" {
  communicator   = "winrm"
  winrm_host     = var.host
  winrm_username = var.user
  winrm_password = var.password
  winrm_use_ssl  = true
  winrm_insecure = true
}

build {
  sources = ["source.null.guest"]

  provisioner "file" {
    source      = "${var.bundle}/"
    destination = "C:\\xenpv"
  }

  # 3010: done, and a restart is needed. With any other code nothing was changed, and the build ends.
  provisioner "windows-shell" {
    inline           = ["${var.program} install /quiet /norestart --trust-publisher /log C:\\xenpv\\install.log"]
    valid_exit_codes = [0, 3010]
  }

  # Twice, since some drivers need a second one; the second costs a minute where they do not.
  provisioner "windows-restart" {}

  provisioner "powershell" {
    inline = [local.wait]
  }

  provisioner "windows-restart" {}

  provisioner "powershell" {
    inline = [local.wait]
  }

  # 0: supported and working, or with warnings. 6 would be an image that needs attention.
  provisioner "windows-shell" {
    inline           = ["${var.program} status /quiet"]
    valid_exit_codes = [0]
  }
}
