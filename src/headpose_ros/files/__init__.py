"""The command line on files: images, videos, webcams and bags to rows and drawn images."""
